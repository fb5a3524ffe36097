/* undo_remains.h: what a rename, or the return of a domain, that is taken back
 * would leave behind, because it came since.
 */
#ifndef UNDO_REMAINS_H
#define UNDO_REMAINS_H

#include "chain.h"
#include "operation.h"
#include "rehearsal.h"

/* In the rehearsal, when all of the chain is taken back in it.  ERR_REFUSED: there
 * is something. */
int	undo_remains(struct call *call, const struct chain *chain,
	    const struct rehearsal *rehearsal, struct err *err);

#endif
