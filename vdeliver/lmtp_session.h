/* lmtp_session.h: LMTP with a client (RFC 2033): the talker.
 *
 * Runs without rights: it reads lines and data, and asks the parent for
 * everything else (lmtp_wire.h).
 */
#ifndef LMTP_SESSION_H
#define LMTP_SESSION_H

#include <stdint.h>

#include "dialogue.h"

struct lmtp_session {
	const char	*hostname;
	/* for Received; "-": not known */
	const char	*peer;
	/* the socket to ask */
	int		 parent;
	/* readable when we are to end */
	int		 stop;
	/* bytes of a message; 0: no limit */
	uint64_t	 max_size;
	int64_t		 idle_ms;
};

/* On descriptors 0 and 1; how it ended. */
enum dialogue_end lmtp_session_run(const struct lmtp_session *session);

#endif
