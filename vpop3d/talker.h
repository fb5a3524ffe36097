/* talker.h: what meets a client that nobody knows yet.
 *
 * Runs as nobody in an empty directory, until a login is right or the client
 * is gone.  It knows no password but those that the client tries.
 */
#ifndef TALKER_H
#define TALKER_H

#include <stdbool.h>

#include "child.h"
#include "deadline.h"
#include "err.h"
#include "installation.h"
#include "login.h"

struct talker {
	const struct installation *in;
	int		 root;		/* the empty directory; -1: not root */
	/* greets as: "Virtual D", or the host's name */
	const char	*name;
	struct deadline	 limit;		/* of all that it does */
	/* nobody has greeted yet */
	bool		 greets;
	/* of the domain that greets */
	struct login_terms terms;
	/* STLS is possible */
	bool		 offers_tls;
};

/* Starts it in a process of its own, which talks on 0 and 1 to the end, or
 * until somebody else goes on.  *socket is our end of what it asks on
 * (wire.h). */
int	talker_start(const struct talker *talker, struct child *child,
	    int *socket, struct err *err);

#endif
