/* findings.h: what is wrong somewhere, as check tells it. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "output.h"

struct findings {
	struct sheet	 sheet;		/* see findings_heads */
	size_t		 count;
	size_t		 bad;		/* that are no mere warnings */
	/* one thing is told once, whoever stumbles over it */
	char		 last[1024];
	/* fsck: a third column tells what became of it */
	bool		 with_repairs;
	bool		 repair;
	size_t		 left;		/* that were not repaired */
};

/* what it is about, "bad" or "warning", what is wrong */
extern const char *const findings_heads[];

void	finding(struct findings *found, const char *about, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* What works, and could be better. */
void	finding_warning(struct findings *found, const char *about,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What could not be looked at, where nobody else tells it: only what is
 * temporary, as a disk that fails. */
void	finding_unseen(struct findings *found, const char *about,
	    const struct err *err);
/* The same of what can be repaired.  True: do it, and tell the outcome. */
bool	finding_to_repair(struct findings *found, const char *about,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void	finding_repaired(struct findings *found, int result,
	    const struct err *err);

#endif
