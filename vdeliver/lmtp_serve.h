/* lmtp_serve.h: connections, each from its beginning to its end. */
#ifndef LMTP_SERVE_H
#define LMTP_SERVE_H

#include "err.h"
#include "listeners.h"
#include "lmtp_parent.h"

/* Serves the connection on 0 and 1, with the settings of directory as they are
 * now.  -1: it could not be served; the client was told. */
int	lmtp_serve_connection(const char *directory, enum lmtp_role role,
	    struct err *err);

/* Serves what comes to the listeners, whose roles are enum lmtp_role, until
 * SIGTERM: each connection as above, in a process of its own. */
int	lmtp_serve_listeners(const char *directory,
	    const struct listeners *listeners, struct err *err);

#endif
