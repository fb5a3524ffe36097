/* answers.h: automatic answers, as the process that may be root sees them.
 *
 * It opens files without looking into them, starts a courier that makes the
 * answer and one that sends it, and logs what became of it.  Nothing here
 * changes the outcome of a delivery.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "job.h"
#include "vacation.h"

/* After the message was written into the inbox of the target's account, whose
 * vacation is on. */
void	answers_vacation(struct job *job, const struct recipient *recipient,
	    const struct target *target, enum vacation_place place);

/* An autoresponder of the recipient. */
void	answers_auto(struct job *job, const struct recipient *recipient,
	    const struct target *target);

/* There is none now: the mail waits, and the MTA's next try gets it; or there
 * is no time for it. */
void	answers_put_off(const struct job *job,
	    const struct recipient *recipient, const struct target *target);
void	answers_given_up(const struct job *job,
	    const struct recipient *recipient, const struct target *target);

#endif
