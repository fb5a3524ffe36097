/* would_rows.h: what is told of what would happen to a message. */
#ifndef WOULD_ROWS_H
#define WOULD_ROWS_H

#include <stdbool.h>

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
	bool		 robot;		/* an autoresponder would answer */
};

/* A row of the target. */
void	would_row(struct would *w, const char *step, const char *what,
	    const char *where);

/* What its sender would hear, if nothing decided it before; a row that says
 * so. */
void	would_hear(struct would *w, const struct outcome *why);
void	would_fail(struct would *w, const char *step, struct outcome why,
	    const char *where);

#endif
