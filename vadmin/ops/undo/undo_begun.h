/* undo_begun.h: whether something unfinished is in the way of an undo. */
#ifndef UNDO_BEGUN_H
#define UNDO_BEGUN_H

#include "chain.h"
#include "operation.h"

/* number: of the entry that is meant, as the record of its undo says it.
 * ERR_REFUSED: what another call has begun has to be finished first. */
int	undo_begun_check(struct call *call, const struct chain *chain,
	    const char *number, struct err *err);

#endif
