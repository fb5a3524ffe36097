/* lines.c: the lines of a file, one after the other, in bounded memory. */
#include "lines.h"

#include <string.h>
#include <unistd.h>

#include "fd.h"

enum { CHUNK = 32768 };

/* What was read and is not used up yet. */
static struct slice
unused(const struct lines *l)
{
	struct slice all = { l->first, l->first_len };

	return slice_from(l->buffer.s != NULL ? str_slice(&l->buffer) : all,
	    l->start);
}

/* Keeps what is not used up yet, and makes room behind it: in another buffer where
 * this one is too small, because realloc(3) would leave the old one as it is. */
static char *
make_room(struct lines *l, size_t more)
{
	struct slice rest = unused(l);

	if (rest.len + more < l->buffer.cap) {
		if (l->start > 0 && rest.len > 0)
			memmove(l->buffer.s, rest.p, rest.len);
		l->buffer.len = rest.len;
	} else {
		struct str larger = { 0 };
		str_room(&larger, 2 * rest.len + more);
		str_addslice(&larger, rest);
		drop_secret(&l->buffer);
		l->buffer = larger;
	}
	l->start = 0;
	return l->buffer.s + l->buffer.len;
}

static int
fill(struct lines *l, struct err *err)
{
	bool is_first = l->buffer.s == NULL && l->first_len == 0;
	size_t size = is_first ? LINES_FIRST : CHUNK;
	ssize_t n = fd_read(l->fd, is_first ? l->first : make_room(l, size),
	    size);

	if (n == -1)
		return err_sys(err, "read");
	*(is_first ? &l->first_len : &l->buffer.len) += (size_t)n;
	l->total += n;
	l->at_end = (size_t)n < size;
	return 0;
}

static int
skip_overlong(struct lines *l, struct err *err)
{
	for (;;) {
		struct slice rest = unused(l);
		ptrdiff_t end = slice_find(rest, '\n');
		if (end != -1) {
			l->start += (size_t)end + 1;
			return 0;
		}
		l->start += rest.len;
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
		struct slice rest = unused(l);
		ptrdiff_t end = slice_find(slice_from(rest, searched), '\n');
		size_t len = end == -1 ? rest.len : searched + (size_t)end;
		l->offset = l->total - (off_t)rest.len;
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
			l->start += rest.len;
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
	drop_secret(&l->buffer);
	explicit_bzero(l->first, l->first_len);
}

int
lines_start(struct lines *l, off_t offset, unsigned number, struct err *err)
{
	if (lseek(l->fd, offset, SEEK_SET) == -1)
		return err_sys(err, "read");
	drop_lines(l);
	l->first_len = l->start = 0;
	l->total = 0;
	l->number = number - 1;
	l->too_long = l->at_end = false;
	return 0;
}
