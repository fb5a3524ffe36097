/* mbox_scan.c: an mbox file, looked through for its messages. */
#include "mbox_scan.h"

#include <string.h>

#include "fd.h"
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
