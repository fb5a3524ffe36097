/* moved.c: the mark that stands where mail was, and is no longer. */
#include "moved.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "str.h"

/* Leaves errno as it was: the caller may have more to say of it. */
bool
moved_is_mark(int dir, const char *name, struct err *err)
{
	char text[PATH_MAX];
	int before = errno;
	ssize_t n = readlinkat(dir, name, text, sizeof text);
	struct slice to = { text, n > 0 ? (size_t)n : 0 };

	errno = before;
	if (!slice_starts(to, MOVED))
		return false;
	to = slice_from(to, sizeof MOVED - 1);
	err_fill(err, ERR_TEMPORARY, "%s was moved to %.*s: the next try finds "
	    "it", name, (int)to.len, to.p);
	return true;
}
