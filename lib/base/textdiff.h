/* textdiff.h: which lines of a text were replaced by which.
 *
 * A text is taken as blocks (textblock.h).  Of two texts the blocks before and behind the first and the last difference are the
 * same, whoever reads lines or entries of several lines out of them.
 */
#ifndef TEXTDIFF_H
#define TEXTDIFF_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct textdiff {
	off_t		start;		/* in both */
	off_t		old_end, new_end;
	unsigned	lines_before;	/* start */
	int64_t		lines;		/* more in the new text */
};

/* 1: *out tells; nothing but what stands between start and the ends is
 * different.  0: too much is for telling it.  Both files are read from
 * their beginning, whatever their offset. */
int	textdiff(int old_fd, int new_fd, struct textdiff *out, struct err *err);

#endif
