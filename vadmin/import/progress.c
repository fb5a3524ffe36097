/* progress.c: how far long work is, for who waits at a terminal. */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TENTHS = 100000000 };		/* ns */

void
progress_show(const char *what, size_t done, size_t all)
{
	static long last = -1;
	struct timespec now;

	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	long tenth = now.tv_sec * 10 + now.tv_nsec / TENTHS;
	if (done == all)
		fprintf(stderr, "\r\033[K");
	else if (tenth != last)
		fprintf(stderr, "\r%zu of %zu %s\033[K", done, all, what);
	last = tenth;
}
