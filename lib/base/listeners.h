/* listeners.h: the sockets that a server waits on: where they are, and whose.
 *
 * A server with several protocols gives each of its sockets a role, a number
 * of its own choice.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "err.h"

enum { LISTENERS_MAX = 32 };

struct listener {
	int		 fd;
	int		 role;
	/* the file of a Unix socket that we made; NULL: none */
	const char	*path;
	/* of that file, when we made it: a number alone is soon another's */
	dev_t		 dev;
	ino_t		 ino;
	struct timespec	 made;
};

struct listeners {
	struct listener	list[LISTENERS_MAX];
	size_t		count;
};

/* Opens "HOST:PORT" (HOST an address, in brackets for IPv6; empty or "*":
 * every one) or "unix:PATH".  The file of a Unix socket is for everybody: its
 * directory decides who comes near it.  One that nobody serves is replaced.
 * where is kept.  ERR_INVALID: it is neither; the text begins with where. */
int	listeners_add(struct listeners *listeners, const char *where, int role,
	    struct err *err);

/* Takes the sockets that systemd passes to this process (sd_listen_fds(3)):
 * role_of tells the role of one that is called name (may be empty).  None is
 * no error.  A connection (Accept=yes) becomes descriptors 0 and 1. */
int	listeners_inherit(struct listeners *listeners,
	    int (*role_of)(const char *name), struct err *err);

/* Closes them: in a child that serves a connection, or at the end, when the
 * files of our own Unix sockets go too. */
void	listeners_close(const struct listeners *listeners);
void	listeners_remove(const struct listeners *listeners);

#endif
