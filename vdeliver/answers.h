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

/* The recipient's autoresponders, after everything else was done for it.  Where
 * its mail waits so do they: the MTA's next try gets the answer. */
void	answers_auto(struct job *job, const struct recipient *recipient,
	    const struct target *target, bool waits);

#endif
