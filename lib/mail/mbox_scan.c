/* mbox_scan.c: where the messages of an mbox file begin and end. */
#include "mbox_scan.h"

#include <string.h>

#include "fd.h"
#include "mbox_end.h"
#include "mbox_scanner.h"
#include "mem.h"
#include "scope.h"

enum { BUFFER = 65536 };

/* What is not done moves to the front, and the window on. */
static int
read_more(struct scanner *s, int fd, char *buffer, struct err *err)
{
	size_t left = s->len - s->at;

	if (left > 0)
		memmove(buffer, s->window + s->at, left);
	ssize_t n = fd_pread(fd, buffer + left, BUFFER - left,
	    s->base + (off_t)s->len);
	if (n == -1)
		return err_sys(err, "read");
	scanner_window(s, (struct slice){ buffer, left + (size_t)n },
	    left + (size_t)n < BUFFER);
	return 0;
}

int
mbox_scan(int fd, off_t from, size_t max, struct mbox_scan *out,
    struct err *err)
{
	SCOPED(drop_mem) char *buffer = mem_grow(NULL, BUFFER, 1);
	SCOPED(drop_scanner) struct scanner s = { 0 };
	enum scanner_got got;

	if (scanner_begin(&s, from, err) == -1)
		return -1;
	do
		got = read_more(&s, fd, buffer, err) == -1 ? SCANNER_ERR :
		    scanner_run(&s, max, err);
	while (got == SCANNER_MORE);
	if (got == SCANNER_ERR)
		return -1;
	*out = s.out;
	s.out.entries = NULL;
	return 0;
}

bool
mbox_entry_same(const struct mbox_entry *was, const struct mbox_entry *is,
    bool last)
{
	off_t grown = is->end - was->end;
	/* of a From_ line without an end, that is the message's start, too */
	bool at_start = was->start == was->end && is->start == is->end;

	return is->from == was->from &&
	    is->start == was->start + (at_start ? grown : 0) &&
	    is->hash.high == was->hash.high && is->hash.low == was->hash.low &&
	    (grown == 0 || (last && grown > 0 && grown <= MBOX_LINE_END)) &&
	    is->octets == was->octets && is->quoted == was->quoted;
}

void
drop_mbox_scan(struct mbox_scan *scan)
{
	drop_mem(&scan->entries);
}
