/* confirm.h: what cannot be taken back is asked for first.
 */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "err.h"
#include "operation.h"

/* For operations with --yes: asks on a terminal, unless it is given.
 * ERR_REFUSED: somebody did not say yes. */
int	confirm(struct call *call, const char *question, struct err *err);

#endif
