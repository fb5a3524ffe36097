/* confirm.h: people at a terminal, asked before what cannot be taken back, and
 * told to type what is read.
 */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "err.h"
#include "operation.h"

/* For operations with --yes: asks on a terminal, unless it is given.
 * ERR_REFUSED: somebody did not say yes. */
int	confirm(struct call *call, const char *question, struct err *err);

/* A person at the terminal is told to type what is read from there. */
void	tell_to_type(const char *what);

#endif
