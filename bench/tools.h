/* tools.h: what the small programs of the bench share.  Each says before what it
 * is called, PROGRAM, and how it fails, FAILED. */
#ifndef TOOLS_H
#define TOOLS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline _Noreturn void
fail(const char *what)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, strerror(errno));
	exit(FAILED);
}

/* From 1 to max. */
static inline long
number(const char *text, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end != '\0' || n < 1 || n > max) {
		fprintf(stderr, PROGRAM ": %s: not a number from 1 to %ld\n",
		    text, max);
		exit(FAILED);
	}
	return n;
}

static inline void
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n == -1)
			fail("write");
		p += n;
		len -= (size_t)n;
	}
}

#endif
