/* native.h: the machine's own POP3 server: becoming it, or starting it. */
#ifndef NATIVE_H
#define NATIVE_H

#include "child.h"
#include "connection.h"
#include "err.h"
#include "startup.h"

/* argv[0] is run under its base name, with signals, umask, limits and
 * environment as they were found, and 0-2 alone open. */

/* Nothing was read from the client or written to it, and the descriptors are as
 * they were found.  Returns only when that failed. */
int	native_become(char *const *argv, const struct connection *c,
	    const struct startup *found, struct err *err);

/* In a process of its own: its 0 and 1 are the server's end of a connection of
 * which *client is the other; its 2 is ours.  Where it cannot be run the log
 * says why, and the connection ends. */
int	native_start(char *const *argv, const struct startup *found,
	    struct child *child, int *client, struct err *err);

#endif
