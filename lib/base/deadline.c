/* deadline.c: until when something may take, on the monotonic clock. */
#include "deadline.h"

#include <limits.h>
#include <time.h>

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct deadline
deadline_in(int64_t ms)
{
	return (struct deadline){ now_ms() + ms };
}

struct deadline
deadline_within(struct deadline d, int64_t ms)
{
	struct deadline other = deadline_in(ms);

	return other.at_ms < d.at_ms ? other : d;
}

int
deadline_left(struct deadline d)
{
	int64_t left = d.at_ms - now_ms();

	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool
deadline_over(struct deadline d)
{
	return deadline_left(d) == 0;
}
