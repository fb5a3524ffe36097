/* native.h: becoming the machine's own POP3 server. */
#ifndef NATIVE_H
#define NATIVE_H

#include "connection.h"
#include "err.h"
#include "startup.h"

/* Nothing was read from the client or written to it: argv[0] is run under its
 * base name, with descriptors, signals, umask and environment as they were
 * found.  Returns only when that failed. */
int	native_become(char *const *argv, const struct connection *c,
	    const struct startup *found, struct err *err);

#endif
