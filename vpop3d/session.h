/* session.h: a client and its own mailbox (RFC 1939, TRANSACTION and UPDATE).
 *
 * Runs as the account's uid with the domain's gid; it opens the mailbox only
 * after it has become that.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include "account.h"

struct session_start {
	const struct account	*account;
	/* it is another's, and nothing may be removed */
	bool			 keeps_all;
	/* that greeted: "Virtual D", or the host's name */
	const char		*name;
	int			 parent;	/* the socket to it */
	/* readable when the session is to end */
	int			 stop;
};

/* Tells the parent whether the mailbox is open, waits for the word to begin,
 * serves the client on 0 and 1, and reports. */
void	session_run(const struct session_start *start);

#endif
