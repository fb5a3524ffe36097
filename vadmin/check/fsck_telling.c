/* fsck_telling.c: what the process that looks as an account tells: a line for
 * each thing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "fsck.h"
#include "scope.h"

/* One line each, whatever is in a name. */
void
look_told(const struct looking *l, char what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text - 1, fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++)
		if (*p == '\n')
			*p = '?';
	SCOPED(drop_str) struct str line = { 0 };
	str_addf(&line, "%c ", what);
	str_adds(&line, text);
	str_addc(&line, '\n');
	if (fd_write(l->out, line.s, line.len) == -1)
		_exit(1);
}

bool
look_repairs(const struct looking *l, const char *text)
{
	if (!l->repair)
		look_told(l, 'C', "%s", text);
	return l->repair;
}

void
look_repaired(const struct looking *l, const char *text, bool done)
{
	look_told(l, done ? 'R' : 'X', "%s", text);
}

void
look_unseen(const struct looking *l, const char *path, const char *name)
{
	if (errno != ENOENT)
		look_told(l, 'F', "%s/%s: %s: it could not be looked at", path,
		    name, strerror(errno));
}
