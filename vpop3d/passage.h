/* passage.h: a client and the native pop3d, with a process of ours between
 * them.
 *
 * Runs as nobody in the empty directory, like the talker.  It logs in at the
 * native pop3d as the client did here; then it passes bytes on, both ways, and
 * knows nothing of what they mean.
 */
#ifndef PASSAGE_H
#define PASSAGE_H

#include "child.h"
#include "deadline.h"
#include "wire.h"

struct passage_start {
	struct request	*request;	/* the login; it is cleared */
	struct deadline	 limit;		/* of the login */
	int64_t		 idle_ms;	/* of all that comes after it */
	int		 root;		/* the empty directory; -1: not root */
	/* the client's end of the native pop3d's connection, and its pidfd */
	int		 native, native_pidfd;
	int		 parent;	/* the socket to it */
	/* readable when it is to end */
	int		 stop;
};

/* Tells the parent what came of the login, waits for the word to begin, passes
 * on what 0 and 1 and the native pop3d have to say, and reports. */
void	passage_run(const struct passage_start *start);

#endif
