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

/* Success, unless the recipient leads to one inbox alone, through no filter,
 * and that accepts no mail at all, or not so many bytes more (0: not known, but
 * a message has some).  Looked at by a child that has become the inbox's owner,
 * and only where there is a limit. */
struct outcome	lmtp_room_for(const struct recipient *recipient,
		    uint64_t size, struct deadline d);

#endif
