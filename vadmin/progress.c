/* progress.c: how far long work has come. */
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

enum { OFTEN_MS = 100 };

static struct {
	size_t	done;
	int64_t	shown;		/* when */
	bool	visible;
} progress;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether a line is due now: a terminal is there, with a person who does not
 * read objects, and the last one is old. */
static bool
is_due(void)
{
	if (output_is_json() || !isatty(STDERR_FILENO) ||
	    now_ms() - progress.shown < OFTEN_MS)
		return false;
	progress.shown = now_ms();
	progress.visible = true;
	return true;
}

void
progress_end(void)
{
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
}

void
progress_account(const char *domain)
{
	progress.done++;
	if (is_due())
		fprintf(stderr, "\r%zu account%s, %s\033[K", progress.done,
		    progress.done == 1 ? "" : "s", domain);
}

void
progress_show(const char *what, size_t done, size_t all)
{
	if (done == all)
		progress_end();
	else if (is_due())
		fprintf(stderr, "\r%zu of %zu %s\033[K", done, all, what);
}
