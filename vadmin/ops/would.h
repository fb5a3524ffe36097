/* would.h: what would happen to a message, target by target, without doing
 * any of it.
 */
#ifndef WOULD_H
#define WOULD_H

#include "operation.h"
#include "output.h"
#include "plan.h"

struct would {
	struct call	*call;
	struct plan	*plan;
	/* of the envelope, in one spelling; "" = null */
	const char	*sender;
	uint64_t	 size;		/* bytes; 0: not known */
	/* records, or lines for people that are printed at once */
	struct sheet	*sheet;
	bool		 people;
	size_t		 number;	/* of the target */
	size_t		 shown;		/* the last one that has a row */
	/* what its sender would hear; OUTCOME_DONE: nothing */
	struct outcome	 outcome;
};

/* A row of the target. */
void	would_row(struct would *w, const char *step, const char *what,
	    const char *where);

/* A row that its sender would hear of. */
void	would_fail(struct would *w, const char *step, struct outcome why,
	    const char *where);

/* The rows of a target, behind those of the way to it. */
void	would_target(struct would *w, const struct target *target);

/* would_answer.c: its automatic answers. */
void	would_vacation(struct would *w, const struct target *target);
void	would_auto(struct would *w, const struct target *target);

#endif
