/* textblock.h: where in a text a block begins: a line that goes on with none.
 *
 * A block is a line that begins with neither a blank nor '#', with all that
 * follows it up to the next such line; what ends in a backslash goes on.  Whoever
 * reads lines, or entries of several lines, begins one there.
 */
#ifndef TEXTBLOCK_H
#define TEXTBLOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

/* Whether one begins at p[i], whose first byte is next; whole: the text, or a
 * line of it, begins where p does. */
bool	textblock_begins(const char *p, size_t i, bool whole, char next);

/* The last one of the whole lines p..p + len that begins behind p; 0: none. */
size_t	textblock_last(const char *p, size_t len);

/* The one that p[i] is in, and where the next begins: len for the end. */
size_t	textblock_start(const char *p, size_t i);
size_t	textblock_next(const char *p, size_t len, size_t i);

/* The last one of a file that begins before the offset: 0 where it is not among
 * the last 256 kB before it. */
int	textblock_before(int fd, off_t at, off_t *start, struct err *err);

#endif
