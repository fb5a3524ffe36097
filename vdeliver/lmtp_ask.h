/* lmtp_ask.h: how a talker asks its parent (lmtp_wire.h). */
#ifndef LMTP_ASK_H
#define LMTP_ASK_H

#include "lmtp_wire.h"
#include "str.h"

/* text has at most LMTP_PATH_MAX bytes; size: of the message, for
 * LMTP_RECIPIENT.  -1: the parent is gone. */
int	lmtp_ask(int parent, enum lmtp_request_kind kind, struct slice text,
	    uint64_t size);

/* One answer; *fd, where fd is given, is a descriptor that came with it, or -1.
 * -1: the parent is gone; it has time limits of its own. */
int	lmtp_hear(int parent, struct outcome *outcome, int *fd);

#endif
