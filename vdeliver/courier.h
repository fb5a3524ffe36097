/* courier.h: one child process that delivers to one target.
 *
 * It has become the target's owner for good before it opens, writes or starts
 * anything; then it reads the message's header, which strangers wrote.  What
 * became of it comes back through a pipe, and is checked like any input.
 */
#ifndef COURIER_H
#define COURIER_H

#include "job.h"

/* Delivers to an account, a command or a file.  When job->unread is set the
 * courier reads standard input itself. */
struct outcome	courier_deliver(struct job *job,
	    const struct recipient *recipient,
		    const struct target *target);

/* One call of sendmail for all addresses, with this envelope sender. */
struct outcome	courier_send(struct job *job, const struct recipient *recipient,
		    const struct target *first, const char *const *addresses,
		    size_t count);

#endif
