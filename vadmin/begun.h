/* begun.h: whether something unfinished is in the way of a call. */
#ifndef BEGUN_H
#define BEGUN_H

#include "operation.h"

/* ERR_REFUSED: an operation on what the call names was interrupted, and another
 * one has to wait until it is finished; err says how. */
int	begun_check(struct call *call, struct err *err);

#endif
