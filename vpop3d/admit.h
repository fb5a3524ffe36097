/* admit.h: logins, and what the parent knows of the connection they come from;
 * parent.c alone includes it.
 *
 * parent.c talks with the talker and begins TLS, admit.c answers a login.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include "child.h"
#include "events.h"
#include "given.h"
#include "login.h"
#include "relay.h"
#include "successor.h"
#include "throttle.h"
#include "wire.h"

enum {
	TRIES = 3,
	PATIENCE_MS = 5000,		/* beyond the talker's own time-out */
	/* before it, for a question that got no answer to be answered; for
	 * the client to hear that TLS failed */
	TELL_MS = 500,
};

struct state {
	const struct parent	*parent;
	struct events		 events;
	/* of the whole connection */
	struct pool		 lasting;
	struct where		 where;
	const char		*name;		/* that greets, and says farewell */
	struct deadline		 limit;		/* of all before the login */
	struct relay		 relay;
	struct child		 talker;
	int			 to_talker;	/* a socket */
	struct successor	 successor;
	struct request		 request;
	/* of the login that is being checked */
	struct pool		 pool;
	struct login		 login;
	struct throttle		 throttle;
	char			 words[WIRE_TEXT];	/* the native's refusal */
	unsigned		 failures;
	unsigned		 stls_failures;
	bool			 handed_over;	/* to the successor */
	/* the talker has its last answer to tell */
	bool			 refused;
};

/* The login that is in the request: its turn, its password, and who goes on from
 * it; the talker is answered, and the log told.  False: it was the last one, or
 * we are told to end. */
bool	admit(struct state *s);

#endif
