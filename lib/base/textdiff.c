/* textdiff.c: which lines of a text were replaced by which. */
#include "textdiff.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"
#include "textblock.h"

enum {
	BLOCK = 256 * 1024,
	REPLACED_MAX = 4 << 20,		/* bytes; and of a buffer */
};

struct text {
	int	 fd;
	off_t	 size;
	char	*buffer;
};

struct texts {
	struct text	was, is;
};

static void
drop_texts(struct texts *t)
{
	drop_mem(&t->was.buffer);
	drop_mem(&t->is.buffer);
}

static int
open_text(int fd, struct text *text, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "size");
	*text = (struct text){ fd, st.st_size,
	    mem_alloc(REPLACED_MAX) };
	return 0;
}

static int
read_at(struct text *text, off_t at, size_t len, struct err *err)
{
	ssize_t n = fd_pread(text->fd, text->buffer, len, at);

	if (n == -1)
		return err_sys(err, "read");
	return (size_t)n == len ? 0 : err_set(err, ERR_TEMPORARY,
	    "it was cut while it was read");
}

static unsigned
count_lines(const char *p, size_t len)
{
	const char *end = p + len;
	unsigned n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

static off_t
smaller(off_t a, off_t b)
{
	return a < b ? a : b;
}

/* How many bytes are the same at the beginning, and the line ends in them. */
static int
find_first(struct texts *t, off_t *same, unsigned *lines, struct err *err)
{
	off_t most = smaller(t->was.size, t->is.size);

	*lines = 0;
	for (*same = 0; *same < most; ) {
		size_t len = (size_t)smaller(most - *same, BLOCK), n = len;
		if (read_at(&t->was, *same, len, err) == -1 ||
		    read_at(&t->is, *same, len, err) == -1)
			return -1;
		if (memcmp(t->was.buffer, t->is.buffer, len) != 0)
			for (n = 0; t->was.buffer[n] == t->is.buffer[n]; )
				n++;
		*lines += count_lines(t->was.buffer, n);
		*same += (off_t)n;
		if (n < len)
			break;
	}
	return 0;
}

/* The same at the end, without what is the same at the beginning. */
static int
find_last(struct texts *t, off_t first, off_t *same, struct err *err)
{
	off_t most = smaller(t->was.size, t->is.size) - first;

	for (*same = 0; *same < most; ) {
		size_t len = (size_t)smaller(most - *same, BLOCK), n = len;
		if (read_at(&t->was, t->was.size - *same - (off_t)len, len,
		    err) == -1 || read_at(&t->is, t->is.size - *same -
		    (off_t)len, len, err) == -1)
			return -1;
		if (memcmp(t->was.buffer, t->is.buffer, len) == 0) {
			*same += (off_t)len;
			continue;
		}
		while (t->was.buffer[n - 1] == t->is.buffer[n - 1])
			n--;
		*same += (off_t)(len - n);
		break;
	}
	return 0;
}

/* The byte there, '\n' for the end: no block begins with it, though one may
 * begin behind the end. */
static char
byte_at(const struct text *text, off_t at)
{
	char c;

	return fd_pread(text->fd, &c, 1, at) == 1 ? c : 'x';
}

/* Back to where a block begins that the difference does not touch, no further
 * than that.  1: *start is it. */
static int
widen_back(struct texts *t, off_t first, off_t far, unsigned *lines,
    off_t *start, struct err *err)
{
	size_t len = (size_t)smaller(first, far), i = len;
	char was = byte_at(&t->was, first), is = byte_at(&t->is, first);
	bool whole = (off_t)len == first;

	if (read_at(&t->was, first - (off_t)len, len, err) == -1)
		return -1;
	const char *p = t->was.buffer;
	if (!textblock_begins(p, i, whole, was) || !textblock_begins(p, i, whole, is))
		while (i-- > 0 && !textblock_begins(p, i, whole, p[i]))
			continue;
	if (i == (size_t)-1)
		return 0;
	*lines -= count_lines(p + i, len - i);
	*start = first - (off_t)(len - i);
	return 1;
}

/* On to where one begins behind a line that is the same in both.  1: that much
 * less of the end is the same. */
static int
widen_on(struct texts *t, off_t far, off_t *same, struct err *err)
{
	size_t len = (size_t)smaller(*same, far), i;

	if (read_at(&t->is, t->is.size - *same, len, err) == -1)
		return -1;
	const char *p = t->is.buffer,
	    *end = len > 0 ? memchr(p, '\n', len) : NULL;
	for (i = end != NULL ? (size_t)(end - p) + 2 : len; i < len; i++)
		if (textblock_begins(p, i, false, p[i])) {
			*same -= (off_t)i;
			return 1;
		}
	if ((off_t)len < *same)
		return 0;
	*same = 0;
	return 1;
}

static int
lines_between(struct text *text, off_t start, off_t end, int64_t *lines,
    struct err *err)
{
	for (*lines = 0; start < end; ) {
		size_t len = (size_t)smaller(end - start, BLOCK);
		if (read_at(text, start, len, err) == -1)
			return -1;
		*lines += count_lines(text->buffer, len);
		start += (off_t)len;
	}
	return 0;
}

/* Blocks are short, but for a list of 20,000 members or more. */
static int
widen(struct texts *t, off_t first, off_t *last, struct textdiff *found,
    struct err *err)
{
	int got = widen_back(t, first, BLOCK, &found->lines_before,
	    &found->start, err);

	if (got == 0)
		got = widen_back(t, first, REPLACED_MAX, &found->lines_before,
		    &found->start, err);
	if (got == 1 && (got = widen_on(t, BLOCK, last, err)) == 0)
		got = widen_on(t, REPLACED_MAX, last, err);
	return got;
}

int
textdiff(int old_fd, int new_fd, struct textdiff *out, struct err *err)
{
	SCOPED(drop_texts) struct texts t = { 0 };
	struct textdiff found;
	off_t first, last;
	int64_t was;
	int got;

	if (open_text(old_fd, &t.was, err) == -1 ||
	    open_text(new_fd, &t.is, err) == -1 ||
	    find_first(&t, &first, &found.lines_before, err) == -1 ||
	    find_last(&t, first, &last, err) == -1)
		return -1;
	if ((got = widen(&t, first, &last, &found, err)) != 1)
		return got;
	found.old_end = t.was.size - last;
	found.new_end = t.is.size - last;
	if (found.old_end - found.start > REPLACED_MAX ||
	    found.new_end - found.start > REPLACED_MAX)
		return 0;
	if (lines_between(&t.was, found.start, found.old_end, &was,
	    err) == -1 || lines_between(&t.is, found.start, found.new_end,
	    &found.lines, err) == -1)
		return -1;
	found.lines -= was;
	*out = found;
	return 1;
}
