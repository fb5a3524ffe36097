/* apart.h: work that is done by a child that has become somebody else for
 * good, and tells how it ended.
 *
 * Nobody knows how long it may take.  It gets some minutes, and longer the more
 * of it is done: a disk that is slow has its time, and one that hangs, or gives
 * a byte at a time (NFS, somebody's FUSE), keeps nobody waiting for hours.
 */
#ifndef APART_H
#define APART_H

#include <stdint.h>

#include "child.h"
#include "deadline.h"
#include "err.h"
#include "ident.h"

typedef int apart_work(void *arg, struct err *err);

/* How many bytes it has done so far. */
typedef uint64_t apart_progress(void *arg);

struct apart {
	struct child	child;
	int		answer;		/* a socket */
	struct deadline	patience;	/* when nothing is done */
};
#define APART_NONE	((struct apart){ .child = CHILD_NONE, .answer = -1 })

/* Where this process is no root it can only become itself. */
int	apart_begin(struct apart *apart, struct ident who, apart_work *work,
	    void *arg, struct err *err);

/* A stream to what is to be begun: a write into ends[1] that nobody takes fails
 * after those minutes, with EAGAIN: it hangs. */
int	apart_stream(int ends[2], struct err *err);

/* -1: for what is done it has taken too long: it hangs, too. */
int	apart_goes_on(const struct apart *apart, uint64_t done,
	    struct err *err);
int	apart_hangs(struct err *err);

/* Waits for its end; -1 with what the child said, as far as that can be
 * believed: a kind of error and a text.  It may go on as long as progress
 * grows. */
int	apart_end(struct apart *apart, apart_progress *progress, void *arg,
	    struct err *err);
void	drop_apart(struct apart *apart);

#endif
