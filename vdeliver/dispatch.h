/* dispatch.h: every target of a plan, in its order. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include <stdbool.h>

#include "job.h"

/* Delivers; afterwards every target of every recipient has an outcome.  Who
 * called gives what is due (due.h), and when it has told the MTA calls
 * ledger_release(). */
void	dispatch(struct job *job);

/* The same for one recipient in the plan's list, whose message was read in. */
void	dispatch_recipient(struct job *job, struct recipient *const *recipient);

/* Before its turn: a recipient that leads to one inbox alone, through no
 * filter, has its courier sent ahead, as far as job->crew has room; nothing else
 * is sure to need no record, no other process and no other recipient.  True: it
 * is under way, or settled; those behind it may be sent, too. */
bool	dispatch_ahead(struct job *job, const struct recipient *recipient);

/* Its courier was sent ahead, and dispatch_recipient() is to hear of it. */
bool	dispatch_is_under_way(const struct job *job,
	    const struct recipient *recipient);

#endif
