/* dispatch.h: every target of a plan, in its order, and what became of it. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "job.h"

/* Delivers; afterwards every target of every recipient has an outcome.  Who told
 * the MTA calls ledger_release(). */
void	dispatch(struct job *job);

/* The same for one recipient in the plan's list, whose message was read in. */
void	dispatch_recipient(struct job *job, struct recipient *const *recipient);

/* Before anything is delivered: what can be known of the recipient. */
const struct outcome *dispatch_expect(struct plan *plan,
	    struct recipient *recipient);

/* The outcomes as the plan alone tells them. */
void	dispatch_nothing(struct plan *plan);

/* Milliseconds that it took; 0: nothing was tried. */
uint64_t dispatch_time(const struct target *target);

/* What became of a target, and of a recipient: the outcome that decides. */
const struct outcome *dispatch_outcome(const struct target *target);
const struct outcome *dispatch_result(const struct recipient *recipient);

#endif
