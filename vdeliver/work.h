/* work.h: what a courier does once it is the target's owner.
 *
 * Everything here runs without root's rights (when there were any), and is the
 * only code that looks into messages.
 */
#ifndef WORK_H
#define WORK_H

#include "job.h"

/* Whether the message has been at the recipient before: err says where.
 * recipient NULL: it leads to one target alone, which looks itself. */
bool	work_came_back(const struct job *job,
	    const struct recipient *recipient, struct err *err);

/* What the sender is told where the account's limit does not let it in. */
struct outcome	work_is_full(const struct account *account);
struct outcome	work_is_disabled(void);

struct outcome	work_account(struct job *job, const struct target *target);
struct outcome	work_command(struct job *job, const struct target *target);
struct outcome	work_file(struct job *job, const struct target *target);

/* sender NULL: the envelope's. */
struct outcome	work_sendmail(struct job *job,
	    const struct recipient *recipient,
		    const char *sender, const char *const *addresses,
		    size_t count);

/* job->message is an answer: to the envelope sender alone, from nobody. */
struct outcome	work_answer(struct job *job, const struct target *target);

#endif
