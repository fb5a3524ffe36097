/* serve.h: one connection, from its address to its end. */
#ifndef SERVE_H
#define SERVE_H

#include "connection.h"
#include "err.h"
#include "installation.h"
#include "listeners.h"
#include "startup.h"

struct serving {
	const struct installation	*in;
	/* what the process began with */
	const struct startup		*found;
	/* TLS from the first byte on */
	bool				 tls;
	/* argv of the native pop3d; NULL: none */
	char *const			*native;
	/* the empty directory; -1: not root */
	int				 root;
};

/* Serves the connection on 0 and 1, or becomes the native pop3d.  -1: it could
 * not be served. */
int	serve_connection(const struct serving *serving,
	    struct connection *connection, struct err *err);

/* Serves every connection that comes, until SIGTERM. */
int	serve_listeners(const struct serving *serving,
	    const struct listeners *listeners, struct err *err);

#endif
