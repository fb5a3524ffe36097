/* lmtp_attend.h: the courier of an inbox that is there before the message.
 *
 * One process for an account from RCPT to its reply: it becomes the inbox's
 * owner, tells what only the owner may look at, and waits as one of the crew
 * until courier_send_ahead() tells it to deliver.
 */
#ifndef LMTP_ATTEND_H
#define LMTP_ATTEND_H

#include "job.h"
#include "lmtp_room.h"

/* Sends it, where the recipient leads to one inbox alone that nobody attends
 * to yet, and job->crew has room.  True: it waits; there is no .forward (its
 * target says so then), and *room is what lmtp_room_look() says.  False: there
 * may be one, or nobody could be sent, and nothing is known. */
bool	lmtp_attend(struct job *job, const struct recipient *recipient,
	    uint64_t size, enum lmtp_room *room);

/* The recipient was refused after all. */
void	lmtp_attend_no_more(struct job *job, const struct recipient *recipient);

#endif
