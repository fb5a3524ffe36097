/* mbox_end.c: how a line and a message of an mbox end, for who appends and for
 * who reads. */
#include "mbox_end.h"

const char *
mbox_line_end(char last)
{
	return last == '\n' ? "" : last == '\r' ? "\r\n" : "\n";
}

const char *
mbox_separator(const char tail[MBOX_TAIL])
{
	if (tail[2] != '\n')
		return tail[2] == '\r' ? "\r\n\n" : "\n\n";
	return tail[1] == '\n' || (tail[1] == '\r' && tail[0] == '\n') ? "" :
	    "\n";
}

bool
mbox_is_empty_line(struct slice rest)
{
	return rest.p[0] == '\n' || (rest.len > 1 && rest.p[0] == '\r' &&
	    rest.p[1] == '\n');
}
