/* operation_name.h: the words of a command line that name an operation. */
#ifndef OPERATION_NAME_H
#define OPERATION_NAME_H

#include "operation.h"
#include "str.h"

/* "user add", or "help" where second is NULL.  NULL: there is none. */
const struct operation	*operation_named(const char *first, const char *second);

/* Adds "add, show, ... or grant": how the operations whose first word it is go
 * on.  How many they are. */
size_t	operation_group(const char *first, struct str *out);

/* -1: there is none of that name, and what may have been meant.  second may be
 * NULL. */
int	operation_refuse(const char *first, const char *second,
	    struct err *err);

#endif
