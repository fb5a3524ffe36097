/* lines.c: the lines of a file, one after the other, in bounded memory. */
#include "lines.h"

#include <string.h>

#include "fd.h"

/* Most files are short: a first read that a page holds. */
enum { FIRST = 4000, CHUNK = 32768 };

/* Keeps what is not used up yet, and reads more behind it. */
static int
fill(struct lines *l, struct err *err)
{
	if (l->start > 0) {
		memmove(l->buffer.s, l->buffer.s + l->start,
		    l->buffer.len - l->start);
		l->buffer.len -= l->start;
		l->start = 0;
	}
	size_t size = l->buffer.s == NULL ? FIRST : CHUNK;
	str_room(&l->buffer, size);
	ssize_t n = fd_read(l->fd, l->buffer.s + l->buffer.len, size);
	if (n == -1)
		return err_sys(err, "read");
	l->buffer.len += (size_t)n;
	if ((size_t)n < size)
		l->at_end = true;
	return 0;
}

static int
skip_overlong(struct lines *l, struct err *err)
{
	for (;;) {
		struct slice rest = slice_from(str_slice(&l->buffer), l->start);
		ptrdiff_t end = slice_find(rest, '\n');
		if (end != -1) {
			l->start += (size_t)end + 1;
			return 0;
		}
		l->start = l->buffer.len;
		if (l->at_end)
			return 0;
		if (fill(l, err) == -1)
			return -1;
	}
}

static struct slice
without_marks(const struct lines *l, struct slice line)
{
	if (l->number == 1 && slice_starts(line, "\xEF\xBB\xBF"))
		line = slice_from(line, 3);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

int
lines_next(struct lines *l, struct slice *line, struct err *err)
{
	if (l->too_long) {
		l->too_long = false;
		if (skip_overlong(l, err) == -1)
			return -1;
	}
	for (size_t searched = 0;;) {
		struct slice rest = slice_from(str_slice(&l->buffer), l->start);
		ptrdiff_t end = slice_find(slice_from(rest, searched), '\n');
		size_t len = end == -1 ? rest.len : searched + (size_t)end;
		if (len > LINE_MAX_BYTES) {
			l->number++;
			l->too_long = true;
			*line = (struct slice){ rest.p, LINE_MAX_BYTES };
			return 1;
		}
		if (end != -1) {
			l->number++;
			*line = without_marks(l, (struct slice){ rest.p, len });
			l->start += len + 1;
			return 1;
		}
		if (l->at_end) {
			if (rest.len == 0)
				return 0;
			l->number++;
			*line = without_marks(l, rest);
			l->start = l->buffer.len;
			return 1;
		}
		searched = rest.len;
		if (fill(l, err) == -1)
			return -1;
	}
}

void
drop_lines(struct lines *l)
{
	drop_str(&l->buffer);
}
