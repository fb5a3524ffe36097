/* deadline.h: until when something may take, on the monotonic clock. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t	at_ms;		/* CLOCK_MONOTONIC */
};

struct deadline	deadline_in(int64_t ms);

/* The earlier of d and now + ms: every wait is cut to what is left. */
struct deadline	deadline_within(struct deadline d, int64_t ms);

/* Milliseconds left, 0 when over; fits poll(). */
int		deadline_left(struct deadline d);
bool		deadline_over(struct deadline d);

#endif
