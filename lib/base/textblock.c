/* textblock.c: where in a text a block begins. */
#include "textblock.h"

#include <string.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"

enum { BLOCK = 256 * 1024 };

/* A line before it that is not all in p could be of any length, and be cut by its
 * readers; a CR before a line's end is taken off. */
bool
textblock_begins(const char *p, size_t i, bool whole, char next)
{
	if (i == 0)
		return whole;
	if (p[i - 1] != '\n' || strchr(" \t#\r\n", next) != NULL)
		return false;
	if ((i > 1 && p[i - 2] == '\\') || (i > 2 && p[i - 3] == '\\'))
		return false;
	return whole || memrchr(p, '\n', i - 1) != NULL;
}

/* Where the line begins that ends before p[i]. */
static size_t
line_before(const char *p, size_t i)
{
	const char *end = i > 1 ? memrchr(p, '\n', i - 1) : NULL;

	return end != NULL ? (size_t)(end - p) + 1 : 0;
}

size_t
textblock_last(const char *p, size_t len)
{
	size_t i = len;

	do
		i = line_before(p, i);
	while (i > 0 && !textblock_begins(p, i, true, p[i]));
	return i;
}

size_t
textblock_start(const char *p, size_t i)
{
	return textblock_last(p, i + 1);
}

size_t
textblock_next(const char *p, size_t len, size_t i)
{
	const char *end;

	while (i < len && (end = memchr(p + i, '\n', len - i)) != NULL) {
		i = (size_t)(end - p) + 1;
		if (i < len && textblock_begins(p, i, true, p[i]))
			return i;
	}
	return len;
}

int
textblock_before(int fd, off_t at, off_t *start, struct err *err)
{
	SCOPED(drop_mem) char *p = mem_alloc(BLOCK);
	size_t len = at < BLOCK ? (size_t)at : BLOCK, i = len;
	bool whole = (off_t)len == at;

	if (fd_pread(fd, p, len, at - (off_t)len) != (ssize_t)len)
		return err_sys(err, "read");
	do
		i = line_before(p, i);
	while (i > 0 && !textblock_begins(p, i, whole, p[i]));
	*start = i == 0 ? 0 : at - (off_t)(len - i);
	return 0;
}
