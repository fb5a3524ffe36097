/* courier.h: one child process that delivers to one target.
 *
 * It has become the target's owner for good before it opens, writes or starts
 * anything; then it reads the message's header, which strangers wrote.  What
 * became of it comes back as one record, and is checked like any input.
 */
#ifndef COURIER_H
#define COURIER_H

#include "answering.h"
#include "filter.h"
#include "job.h"

/* What the courier of an account met. */
struct found {
	/* It was sent ahead: it took as long as from start to now. */
	bool			ahead;
	struct deadline		start;
	/* Nothing was done: it was to read standard input (job->unread), but
	 * there may be a .forward that nobody has looked for, or a vacation. */
	bool			postponed;
	bool			forwards;
	enum vacation_place	vacation;
};

/* Delivers to an account, a command or a file.  When job->unread is set the
 * courier reads standard input itself. */
struct outcome	courier_deliver(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target, struct found *found);

/* Sends the courier of an account ahead of its turn, as one of job->crew, or
 * tells the one that waits there to begin: courier_deliver() for the same
 * target then waits for it.  False: it cannot be, or the crew is complete;
 * nothing was done, and its turn will tell why. */
bool		courier_send_ahead(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target);

/* It was sent ahead, and works. */
bool		courier_is_under_way(const struct job *job,
		    const struct target *target);

/* For a process that is the account's owner and a member of job->crew that
 * waits: told to begin by end, it delivers; whatever else comes, it ends. */
_Noreturn void	courier_wait_for_orders(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target, int end);

/* Sends job->message through the filter of the account's domain.  *filtered is
 * FILTER_OUTPUT: the new message is in *out. */
struct outcome	courier_filter(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target, enum filtered *filtered,
		    struct message *out);

/* One call of sendmail for all addresses, with this envelope sender. */
struct outcome	courier_send(struct job *job, const struct recipient *recipient,
		    const struct target *first, const char *const *addresses,
		    size_t count);

/* The answer of a vacation or an autoresponder, made as the account, or as
 * who_writes() for an autoresponder; see answering.h. */
enum answer_verdict courier_answer(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target,
		    const struct answering *answering, struct err *detail);

/* Sends it to the envelope sender alone, from nobody. */
struct outcome	courier_send_answer(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target, struct message *answer);

#endif
