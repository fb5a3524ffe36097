/* findings.h: what is wrong somewhere, as check tells it. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stddef.h>

#include "output.h"

struct findings {
	struct sheet	 sheet;		/* what it is about, what is wrong */
	size_t		 count;
	/* one thing is told once, whoever stumbles over it */
	char		 last[1024];
};

void	finding(struct findings *found, const char *about, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
