/* progress.c: how far long work has come. */
#include "progress.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "output.h"

enum { OFTEN_MS = 100 };

static struct {
	size_t	done, expected;
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

bool
progress_is_shown(void)
{
	return !output_is_json() && isatty(STDERR_FILENO);
}

/* Whether a line is due now: the last one is old. */
static bool
is_due(void)
{
	if (!progress_is_shown() || now_ms() - progress.shown < OFTEN_MS)
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
progress_expect(size_t accounts)
{
	progress.expected += accounts;
}

/* Accounts that came since they were counted make it look smaller, not wrong. */
void
progress_account(const char *domain)
{
	progress.done++;
	if (!is_due())
		return;
	fprintf(stderr, "\r%zu", progress.done);
	if (progress.done <= progress.expected)
		fprintf(stderr, " of %zu accounts", progress.expected);
	else
		fprintf(stderr, " account%s", progress.done == 1 ? "" : "s");
	fprintf(stderr, ", %s\033[K", domain);
}

void
progress_show(const char *what, size_t done, size_t all)
{
	if (done == all)
		progress_end();
	else if (is_due())
		fprintf(stderr, "\r%zu of %zu %s\033[K", done, all, what);
}
