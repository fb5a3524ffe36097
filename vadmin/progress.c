/* progress.c: how far long work has come. */
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

void
progress_account(const char *domain)
{
	progress.done++;
	if (!isatty(STDERR_FILENO) || now_ms() - progress.shown < OFTEN_MS)
		return;
	progress.shown = now_ms();
	progress.visible = true;
	fprintf(stderr, "\r%zu accounts, %s\033[K", progress.done, domain);
}

void
progress_end(void)
{
	if (progress.visible)
		fputs("\r\033[K", stderr);
	progress.visible = false;
}
