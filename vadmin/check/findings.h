/* findings.h: what is wrong somewhere, as check tells it. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "output.h"

struct findings {
	struct sheet	 sheet;		/* what it is about, what is wrong */
	size_t		 count;
	/* one thing is told once, whoever stumbles over it */
	char		 last[1024];
	/* fsck: a third column tells what became of it */
	bool		 with_repairs;
	bool		 repair;
	size_t		 left;		/* that were not repaired */
};

void	finding(struct findings *found, const char *about, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The same of what can be repaired.  True: do it, and tell the outcome. */
bool	finding_to_repair(struct findings *found, const char *about,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void	finding_repaired(struct findings *found, int result,
	    const struct err *err);

#endif
