/* lmtp_wire.h: what the two processes of an LMTP connection tell one another.
 *
 * The talker, which reads what the client sends, asks; the parent, which can
 * become the owners of mailboxes, answers.  Records of one size (packet.h);
 * the talker is not believed.
 */
#ifndef LMTP_WIRE_H
#define LMTP_WIRE_H

#include <stdint.h>

#include "lmtp_envelope.h"
#include "outcome.h"

enum lmtp_request_kind {
	/* may this address be a recipient of so many bytes?  If so, it is one */
	LMTP_RECIPIENT = 1,
	/* a file for the message, please: it comes with the answer */
	LMTP_MESSAGE,
	/* deliver it, from this sender: one answer for each recipient */
	LMTP_DELIVER,
	/* forget recipients and message; no answer */
	LMTP_RESET,
	/* is this address, or this domain, one of ours?  Nothing is kept */
	LMTP_LOOK_UP_RECIPIENT,
	LMTP_LOOK_UP_DOMAIN,
	/* and if it is, does its inbox take no mail now? */
	LMTP_LOOK_UP_FULL,
};

static inline bool
lmtp_is_look_up(uint32_t kind)
{
	return kind >= LMTP_LOOK_UP_RECIPIENT && kind <= LMTP_LOOK_UP_FULL;
}

struct lmtp_request {
	uint32_t	kind;
	uint32_t	len;			/* of text */
	uint64_t	size;			/* as MAIL told it; 0: it did not */
	char		text[LMTP_PATH_MAX];	/* an address, or a domain */
};

struct lmtp_answer {
	struct outcome	outcome;
};

#endif
