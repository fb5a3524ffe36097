/* lmtp_room.h: whether an inbox has room, before there is a message.
 *
 * A guess that spares the MTA a bounce.  What is not known at RCPT, or cannot
 * be looked at, is for the delivery to tell.
 */
#ifndef LMTP_ROOM_H
#define LMTP_ROOM_H

#include <stdint.h>

#include "deadline.h"
#include "outcome.h"
#include "plan.h"

enum lmtp_room {
	ROOM_ENOUGH,
	ROOM_FULL,
	ROOM_DISABLED,
	ROOM_KINDS,
};

/* The account whose inbox alone the recipient leads to, through no filter,
 * which may make nothing of the message; NULL: what else there is has a say. */
const struct account *lmtp_room_account(const struct recipient *recipient);

/* As the inbox's owner: whether it takes no mail at all, or not so many bytes
 * more (0: not known, but a message has some). */
enum lmtp_room	lmtp_room_look(const struct account *account, uint64_t size);

/* What that is for the recipient of the account. */
struct outcome	lmtp_room_outcome(const struct account *account,
		    enum lmtp_room room);

/* The same for any recipient, success where it leads to no such account.  A
 * child that has become the inbox's owner looks, where there is a limit. */
struct outcome	lmtp_room_for(const struct recipient *recipient,
		    uint64_t size, struct deadline d);

#endif
