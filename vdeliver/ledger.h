/* ledger.h: which targets of one call have the message, so that a retry of the
 * MTA delivers to the rest and no one gets it twice.
 *
 * With two or more targets that are not remote each one that is done goes to
 * disk (record.h) before the next is begun; else nothing does, unless the MTA
 * has to try again although something was done.  With one target there is no
 * record, and nothing is looked for.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "job.h"

struct ledger;

/* Before anything is delivered for these recipients of the job, whose message
 * is read in.  -1: nothing may be delivered, because nobody would remember. */
int	ledger_open(struct job *job, struct recipient *const *recipients,
	    size_t count, struct err *err);

/* An earlier try has seen to this target, and so it is done. */
bool	ledger_recall(struct job *job, const struct target *target);

/* This one is done now, whether by its own delivery or because the MTA took
 * the address over.  What cannot be written is a warning of the plan. */
void	ledger_note(struct job *job, const struct target *target, bool handed_on);

/* The recipients have their outcomes.  again: the MTA will try once more.  From
 * here on the ledger needs neither the job nor its plan. */
void	ledger_settle(struct job *job, bool again);

/* The MTA knows the outcomes: what is settled for good is forgotten.  NULL:
 * nothing. */
void	ledger_release(struct ledger *ledger);

/* What was not released stays: the MTA may try again. */
void	drop_ledger(struct ledger **ledger);

#endif
