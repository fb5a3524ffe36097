/* remember.h: whether a sender was answered lately: vremember is asked. */
#ifndef REMEMBER_H
#define REMEMBER_H

#include <stdint.h>
#include <time.h>

#include "answer_verdict.h"
#include "job.h"

struct memory {
	const char	*directory, *index;
	const char	*kind;			/* "once", "rate" */
	uint64_t	 amount;
	time_t		 now;
	/* vremember, open, and what it is called */
	int		 program;
	const char	*program_path;
};

/* Asks vremember, which is as we are, whether the sender is due, and has it
 * remember.  ANSWER_SENT: due. */
enum answer_verdict remember(const struct job *job, const struct memory *memory,
	    const char *sender, struct err *detail);

/* An index that is not there is an empty one. */
int	remember_make_index(const struct memory *memory, struct err *detail);

#endif
