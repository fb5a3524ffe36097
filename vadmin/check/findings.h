/* findings.h: what is wrong somewhere, as check tells it. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stddef.h>

#include "output.h"

struct findings {
	struct sheet	 sheet;		/* see findings_heads */
	size_t		 count;
	size_t		 bad;		/* that are no mere warnings */
	/* one thing is told once, whoever stumbles over it */
	char		 last[1024];
};

/* what it is about, "bad" or "warning", what is wrong */
extern const char *const findings_heads[];

void	finding(struct findings *found, const char *about, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* What works, and could be better. */
void	finding_warning(struct findings *found, const char *about,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
