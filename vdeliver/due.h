/* due.h: automatic answers that are due, kept until all mail of the message is
 * delivered: none of them may keep a delivery waiting, or make it fail.
 *
 * All answers of one message together have a bounded time.
 */
#ifndef DUE_H
#define DUE_H

#include "job.h"
#include "vacation.h"

struct due;

/* The message was written into the inbox of the target's account, whose
 * vacation is on.  Where a filter has changed it, it is taken over from
 * changed. */
void	due_vacation(struct job *job, const struct recipient *recipient,
	    const struct target *target, enum vacation_place place,
	    struct message *changed);

/* The recipient's autoresponder. */
void	due_auto(struct job *job, const struct recipient *recipient,
	    struct target *target);

/* Gives them; job->message is there still. */
void	due_give(struct job *job);

#endif
