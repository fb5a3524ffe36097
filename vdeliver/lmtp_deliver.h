/* lmtp_deliver.h: one message that came by LMTP: a reply for each of its
 * recipients, in their order. */
#ifndef LMTP_DELIVER_H
#define LMTP_DELIVER_H

#include <stdbool.h>

#include "job.h"

/* Every recipient is told to the talker (job->to_talker) as soon as its own
 * mail is on disk, and those before it have been told.  Afterwards each target
 * has an outcome, and no courier works.  False: the talker is gone; what was
 * not under way then is not begun, since the mail is the client's still. */
bool	lmtp_deliver(struct job *job);

/* The same where no recipient's mail can be delivered. */
bool	lmtp_deliver_none(struct job *job, struct outcome outcome);

#endif
