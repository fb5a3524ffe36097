/* wire.h: what the processes of one connection tell one another.
 *
 * Records of one size (packet.h).  The side that talks to the client is not
 * believed: see wire_request_is_sane().
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "password.h"

enum {
	/* longer than any login that can be right */
	WIRE_LOGIN	= 400,
	WIRE_PASSWORD	= PASSWORD_MAX + 8,
	WIRE_AHEAD	= 4096,		/* a buffer of input */
	WIRE_TEXT	= 512,
};

/* From the talker to the parent. */
enum request_kind {
	REQUEST_LOGIN = 1,	/* is this password right? */
	REQUEST_HANDOVER,	/* take over: here is what I had read already */
	/* TLS is asked for; ahead_len bytes came behind it */
	REQUEST_STLS,
};
struct request {
	uint32_t	kind;
	uint32_t	login_len;
	/* whose mailbox is wanted; empty: the login's own */
	uint32_t	authzid_len;
	uint32_t	password_len;	/* cut to one more than PASSWORD_MAX */
	uint32_t	ahead_len;
	/* the login came by AUTH; UTF8 was said before it */
	uint32_t	by_auth, says_utf8;
	char		login[WIRE_LOGIN];
	char		authzid[WIRE_LOGIN];
	char		password[WIRE_PASSWORD];
	char		ahead[WIRE_AHEAD];
};

/* From the parent to the talker. */
enum verdict {
	/* somebody else goes on: hand over; or TLS can begin: end */
	VERDICT_OPEN = 1,
	VERDICT_WRONG,		/* who or what is wrong is not said */
	VERDICT_TEMPORARY,
	VERDICT_LOCKED,		/* lock-retrieval */
	VERDICT_NEEDS_TLS,
	VERDICT_IN_USE,
	VERDICT_TOO_SOON,	/* login-delay */
	VERDICT_REFUSED,	/* the mailbox is a link or somebody else's */
};
struct answer {
	uint32_t	verdict;
	uint32_t	last;		/* no further try is answered */
	/* the native pop3d's, to be passed on; else empty */
	char		words[WIRE_TEXT];
};

/* From the session or the passage to the parent, first thing and last thing. */
struct opened {
	uint32_t	verdict;
	/* why it is not open, for the log */
	char		text[WIRE_TEXT];
	/* as above */
	char		words[WIRE_TEXT];
};
struct report {
	uint32_t	end;		/* enum dialogue_end */
	uint32_t	pad;
	uint64_t	retrieved, retrieved_octets;
	uint64_t	deleted, deleted_octets;
	/* what went wrong, for the log */
	char		text[WIRE_TEXT];
};
struct passed {
	uint32_t	end;		/* enum carry_end */
	uint32_t	pad;
	/* octets, from the login on */
	uint64_t	from_client, to_client;
};

/* From the parent to the session or the passage. */
struct ahead {
	uint32_t	len;
	char		bytes[WIRE_AHEAD];
};

bool	wire_request_is_sane(const struct request *request);

#endif
