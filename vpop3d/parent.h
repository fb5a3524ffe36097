/* parent.h: what stays root: it starts the others, checks passwords, and
 * logs. */
#ifndef PARENT_H
#define PARENT_H

#include "err.h"
#include "given.h"

/* From the greeting to the end of the session.  -1: it could not begin. */
int	parent_run(const struct parent *parent, struct err *err);

#endif
