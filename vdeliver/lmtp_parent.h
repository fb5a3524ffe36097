/* lmtp_parent.h: the process behind one connection: it resolves and delivers.
 *
 *	parent (root, or who started it): settings, plans, couriers
 *	  |-- talker (nobody, empty root): the connection, the message's bytes
 *	  `-- couriers (the mailboxes' owners), as vdeliver has them
 *
 * It reads no byte of the client's, and looks into no message.
 */
#ifndef LMTP_PARENT_H
#define LMTP_PARENT_H

#include "err.h"
#include "installation.h"

enum lmtp_role {
	LMTP_MAIL,		/* LMTP (RFC 2033) */
	LMTP_SOCKETMAP,		/* lookups for the MTA */
};

struct lmtp_parent {
	/* its deadline is set anew for each request */
	struct installation	*in;
	enum lmtp_role		 role;
	const char		*peer;		/* its address; "-": none */
	/* the empty directory; -1: not root */
	int			 root;
	/* readable when we are to end */
	int			 stop;
};

/* Serves the connection on 0 and 1 to its end, and leaves them to /dev/null.
 * -1: it could not begin. */
int	lmtp_parent_run(const struct lmtp_parent *parent, struct err *err);

#endif
