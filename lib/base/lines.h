/* lines.h: the lines of a file, one after the other, in bounded memory. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

enum {
	LINE_MAX_BYTES = 1 << 20,
	LINES_FIRST = 4000,	/* most files are shorter */
};

/* Reads fd (borrowed).  A byte order mark at the start, and a CR before the
 * line's end, are taken off.  A longer line than LINE_MAX_BYTES is cut there
 * and marked too_long; reading goes on behind it.  Nothing that was read stays in
 * memory: it may be a file of passwords. */
struct lines {
	int		fd;
	/* of the line that was returned last, from 1 */
	unsigned	number;
	/* where it begins, from where reading began */
	off_t		offset;
	bool		too_long;
	bool		at_end;
	off_t		total;		/* bytes that were read */
	size_t		start;		/* into buffer, or first without one */
	struct str	buffer;		/* of a longer file */
	size_t		first_len;
	char		first[LINES_FIRST];
};

/* 1: *line is the next one, valid until the next call.  0: no more.
 * -1: reading failed. */
int	lines_next(struct lines *lines, struct slice *line, struct err *err);

/* Goes on with the line of that number, which begins at the offset. */
int	lines_start(struct lines *lines, off_t offset, unsigned number,
	    struct err *err);
void	drop_lines(struct lines *lines);

#endif
