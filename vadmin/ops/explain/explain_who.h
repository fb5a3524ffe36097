/* explain_who.h: "explain --who": all addresses that reach an account. */
#ifndef EXPLAIN_WHO_H
#define EXPLAIN_WHO_H

#include "operation.h"

int	explain_who(struct call *call, struct err *err);

#endif
