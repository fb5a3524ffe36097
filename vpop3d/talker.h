/* talker.h: what meets a client that nobody knows yet.
 *
 * Runs as nobody in an empty directory, until a login is right or the client
 * is gone.  It knows no password but those that the client tries.
 */
#ifndef TALKER_H
#define TALKER_H

#include <stdint.h>

struct talker {
	/* greets as: "Virtual D", or the host's name */
	const char	*name;
	int		 parent;	/* the socket to it */
	uint64_t	 timeout;	/* seconds: login-timeout, in all */
	/* no login of the domain that greets is possible */
	bool		 needs_tls;
};

/* Talks on 0 and 1 to the end. */
void	talker_run(const struct talker *talker);

#endif
