/* serve.h: one connection, from its address to its end. */
#ifndef SERVE_H
#define SERVE_H

#include <stdbool.h>

#include "err.h"
#include "listeners.h"
#include "startup.h"

struct serving {
	const char		*directory;	/* -C */
	/* what the process began with */
	const struct startup	*found;
	/* TLS from the first byte on */
	bool			 tls;
	/* we greet at an address of the main domain, too */
	bool			 share_main;
	/* argv of the native pop3d; NULL: none */
	char *const		*native;
};

/* Serves the connection on 0 and 1, or becomes the native pop3d, with the
 * settings as they are now.  -1: it could not be served. */
int	serve_connection(const struct serving *serving, struct err *err);

/* Serves every connection that comes, until SIGTERM. */
int	serve_listeners(const struct serving *serving,
	    const struct listeners *listeners, struct err *err);

#endif
