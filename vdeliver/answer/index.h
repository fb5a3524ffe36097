/* index.h: a file of GDBM's, which may be anything that its owner, or a crash,
 * left there.
 *
 * It is never changed in place: a copy is, and then renamed over it.
 */
#ifndef INDEX_H
#define INDEX_H

#include <stdbool.h>
#include <sys/types.h>

#include "question.h"

/* Called where GDBM cannot go on; does not return. */
extern void	(*index_fatal)(const char *text);

/* What is remembered of the sender, in a file of that size.  1: *value, 0:
 * nothing, -1: it cannot be read; *damaged, if that is the file's fault. */
int	index_look_up(const struct question *q, int fd, off_t size,
	    struct str *value, bool *damaged);

/* Stores the value in a copy of old (-1: in a new file), without expired
 * entries that come by and, where it is full, without the oldest, and puts that
 * in its place in dir.  -1: *damaged as above. */
int	index_replace(const struct question *q, int dir, int old, off_t size,
	    struct slice value, bool *damaged);

#endif
