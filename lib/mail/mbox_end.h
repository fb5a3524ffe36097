/* mbox_end.h: how a line and a message of an mbox end, for who appends and for
 * who reads.
 *
 * A line ends in LF or CRLF; an empty one, of either kind, separates messages.
 * What is put behind a message so that another one can follow changes neither
 * its octets nor its unique id: a missing line end is added, and an empty line
 * unless the last line is one.  A CR that the file ends in belongs to the
 * message, so it gets a CRLF: with an LF alone it would be half a line end.
 */
#ifndef MBOX_END_H
#define MBOX_END_H

#include <stdbool.h>

#include "str.h"

enum {
	/* so many bytes at a file's end tell what has to follow */
	MBOX_TAIL = 3,
	/* the longest line end that can be missing */
	MBOX_LINE_END = 2,
};

/* What is missing behind a line's last byte: nothing, where that is LF. */
const char	*mbox_line_end(char last);

/* What has to stand before a message behind this tail; before the file's first
 * byte there are line ends. */
const char	*mbox_separator(const char tail[MBOX_TAIL]);

/* Rest, of a byte or more, begins with an empty line. */
bool	mbox_is_empty_line(struct slice rest);

#endif
