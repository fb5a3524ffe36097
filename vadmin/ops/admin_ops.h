/* admin_ops.h: what other operations tell of a domain's administrators. */
#ifndef ADMIN_OPS_H
#define ADMIN_OPS_H

#include "operation.h"

/* A note where its administrators may act, and none of them has a password. */
void	admin_tell_missing(struct call *call, const char *domain);

#endif
