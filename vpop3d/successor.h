/* successor.h: the process that goes on from a login with the client: a session,
 * or a passage with the native pop3d behind it.
 *
 * It is forked when the password is right, or to find out whether it is; it
 * begins when the talker is gone.
 */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include <stdbool.h>

#include "child.h"
#include "passage.h"
#include "session.h"
#include "startup.h"
#include "wire.h"

struct successor {
	struct child	 child;
	int		 socket;	/* to it */
	struct child	 native;	/* a passage's */
	int		 stop;		/* readable when it is to end */
	bool		 is_open;	/* it waits for the word to begin */
};
#define SUCCESSOR_NONE	((struct successor){ .child = CHILD_NONE, \
			    .socket = -1, .native = CHILD_NONE })

/* Each starts it and waits, until the deadline, for what it says: *opened tells
 * whether it is ready, else it is gone.  start lacks what only they know: the
 * socket to the parent; for a passage what there is of the native pop3d, whose
 * argv and surroundings are given.  Secrets are cleared in it. */
void	successor_session(struct successor *successor,
	    const struct session_start *start, struct request *secrets,
	    struct deadline d, struct opened *opened);
void	successor_passage(struct successor *successor,
	    const struct passage_start *start, char *const *native,
	    const struct startup *found, struct deadline d,
	    struct opened *opened);

/* The word, with what the client has sent too early for the talker. */
void	successor_begin(const struct successor *successor,
	    const struct request *request);

/* Waits for its last words, and for the native's end.  text: what went wrong,
 * or nothing. */
void	successor_hear_session(const struct successor *successor,
	    struct report *report);
void	successor_hear_passage(struct successor *successor,
	    struct passed *passed, char text[WIRE_TEXT]);

/* Nobody talks to the native pop3d any more, but it may have its mailbox to put
 * in order.  The status is as from waitpid(); 0: there is none. */
int	successor_end_native(struct successor *successor);
void	drop_successor(struct successor *successor);

#endif
