/* lock.h: kernel locks on files, waited for up to a deadline.
 *
 * They are open file description locks: they last until the descriptor (and
 * its copies) are closed, and they conflict with other programs' fcntl(2)
 * locks.  A dead process never leaves one behind.
 */
#ifndef LOCK_H
#define LOCK_H

#include <sys/types.h>

#include "deadline.h"
#include "err.h"

/* Exclusive, without waiting.  1: locked, 0: somebody else has it. */
int	lock_try(int fd, struct err *err);

/* The same for readers: shared. */
int	lock_try_shared(int fd, struct err *err);

/* Exclusive; waits in the kernel, in the queue of those that came before.
 * Uses SIGALRM and ITIMER_REAL for the deadline while it waits. */
int	lock_wait(int fd, struct deadline d, struct err *err);
int	lock_release(int fd, struct err *err);

/* The same for a part of a file, which may lie beyond its end: len 0 is all
 * from start on.  1: somebody else had it, and left; 0: nobody had. */
struct lock_part {
	off_t	start, len;
};
int	lock_wait_part(int fd, struct lock_part part, struct deadline d,
	    struct err *err);
void	lock_release_part(int fd, struct lock_part part);

/* Opens dir/name (made when missing, mode 0600, no links followed, ours
 * alone, with so many names at most) and waits for its lock: close *fd to
 * release. */
int	lock_open(int dir, const char *name, unsigned names, struct deadline d,
	    int *fd, struct err *err);

/* The same, without its lock. */
int	lock_open_file(int dir, const char *name, unsigned names, int *fd,
	    struct err *err);

#endif
