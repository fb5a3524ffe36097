/* errand.h: what a courier is sent for: who it has to be, and what it does once
 * it is.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include "answering.h"
#include "ident.h"
#include "job.h"

enum errand {
	ERRAND_ACCOUNT,		/* into the inbox */
	ERRAND_LOOK,		/* whether through the filter before */
	ERRAND_FILTER,		/* through it */
	ERRAND_COMMAND,
	ERRAND_FILE,
	ERRAND_SENDMAIL,
	ERRAND_VACATION,	/* makes an answer */
	ERRAND_AUTO,
	ERRAND_ANSWER,		/* sends it */
	ERRAND_NONE,		/* there is nothing to do for it */
};

struct task {
	enum errand		 errand;
	struct job		*job;
	const struct recipient	*recipient;
	const struct target	*target;
	const char *const	*addresses;	/* for sendmail */
	size_t			 count;
	int			 out;		/* for the filter's output */
	bool			 looks;		/* for a .forward first */
	const struct answering	*answering;
};

/* The delivery to a target. */
struct task	errand_delivery(struct job *job,
		    const struct recipient *recipient,
		    const struct target *target);

int		errand_identity(const struct task *task, struct ident *who,
		    struct err *err);

/* In a new process: it has nothing to do with the others of job->crew, and can
 * be ended. */
void		errand_set_out(const struct task *task);

/* The process is who it has to be: it does the task, hands its receipt (see
 * receipt.h) back through end, and ends. */
_Noreturn void	errand_run(const struct task *task, int end);

/* Nothing could be done: it tells why, and ends. */
_Noreturn void	errand_fail(const struct task *task, int end,
		    const struct err *err);

#endif
