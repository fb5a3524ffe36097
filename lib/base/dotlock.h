/* dotlock.h: lock files, "NAME.lock" beside NAME, which other programs know.
 *
 * The file holds the process id and the host name.  One whose process is gone
 * on this host, or that nobody touched for DOTLOCK_STALE seconds, is stale
 * and taken away; the caller holds a kernel lock as well.
 */
#ifndef DOTLOCK_H
#define DOTLOCK_H

#include "err.h"

enum { DOTLOCK_STALE = 600 };

struct dotlock {
	int	 dir;		/* borrowed */
	char	*name;		/* NULL: not held */
};

/* Without waiting.  1: held, 0: somebody else has it, -1: cannot be made, or
 * what has its name is no file. */
int	dotlock_try(int dir, const char *name, struct dotlock *lock,
	    struct err *err);
void	drop_dotlock(struct dotlock *lock);

#endif
