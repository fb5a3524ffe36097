/* dotlock.h: lock files, "NAME.lock" beside NAME, which other programs know.
 *
 * The file holds the process id and the host name; on a full disk, where it is
 * a queue's second name, maybe nothing.  One whose process is gone on this
 * host, or that nobody touched for DOTLOCK_STALE seconds, is stale and taken
 * away; the caller holds a kernel lock as well.
 */
#ifndef DOTLOCK_H
#define DOTLOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

enum {
	DOTLOCK_STALE	= 600,
	/* of a lock file, at its beginning */
	DOTLOCK_TEXT	= 288,
};

/* A file of ours beside it, whose kernel lock this process holds: it gets
 * NAME.lock as a second name, which is one change of the directory instead of
 * three. */
struct dotlock_queue {
	int		 fd;		/* its first DOTLOCK_TEXT bytes are the
					 * lock's */
	const char	*name;
};

struct dotlock {
	int	 dir;		/* borrowed */
	char	*name;		/* NULL: not held */
	/* of the file that was made; 0: not known */
	ino_t	 ino;
};

/* Without waiting; queue may be NULL.  1: held, 0: somebody else has it, -1: cannot be made, or
 * what has its name is no file. */
int	dotlock_try(int dir, const char *name,
	    const struct dotlock_queue *queue, struct dotlock *lock,
	    struct err *err);
/* Whether there is a NAME.lock, and it is stale. */
bool	dotlock_is_stale(int dir, const char *name);
/* One that another program has put in its place, because ours was too old for
 * it, stays. */
void	drop_dotlock(struct dotlock *lock);

#endif
