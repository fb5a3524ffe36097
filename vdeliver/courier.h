/* courier.h: one child process that delivers to one target.
 *
 * It has become the target's owner for good before it opens, writes or starts
 * anything; then it reads the message's header, which strangers wrote.  What
 * became of it comes back through a pipe, and is checked like any input.
 */
#ifndef COURIER_H
#define COURIER_H

#include "filter.h"
#include "job.h"

/* Delivers to an account, a command or a file.  When job->unread is set the
 * courier reads standard input itself.  Where forwards is not NULL the courier
 * of an account looks first for a .forward that nobody has looked for:
 * *forwards is set where there may be one, and nothing was done. */
struct outcome	courier_deliver(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target, bool *forwards);

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

#endif
