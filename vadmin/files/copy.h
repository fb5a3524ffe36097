/* copy.h: files and trees copied from another machine's disk, as somebody's.
 *
 * Links are never followed, and what is neither file, directory nor link is
 * left out.  A copy gets its name when it is whole.
 */
#ifndef COPY_H
#define COPY_H

#include <sys/types.h>

#include "err.h"
#include "ident.h"

/* Whose the copies are; uid and gid -1: this process's. */
struct copy {
	struct ident	 who;
	/* what was left out, and the first of them */
	size_t		 strange;
	char		 first[256];
};

enum copied { COPY_NEW, COPY_SAME, COPY_OTHER };

/* The file from/name to to/name, on disk.  *out: COPY_SAME, one of that size
 * and time is there already; COPY_OTHER, another thing is, and stays.
 * ERR_REFUSED: it is no plain file. */
int	copy_file(int from, int to, const char *name, mode_t mode,
	    struct copy *copy, enum copied *out, struct err *err);

/* The directory from/name to to/name.  What is in it is on disk, its name when
 * the caller has synced to.  *out as above: COPY_OTHER, something is there. */
int	copy_tree(int from, int to, const char *name, struct copy *copy,
	    enum copied *out, struct err *err);

#endif
