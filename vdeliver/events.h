/* events.h: the log lines of deliveries (vmail-log(5)). */
#ifndef EVENTS_H
#define EVENTS_H

#include "job.h"

/* A recipient that is refused before there is a message. */
void	events_refused(const struct recipient *recipient,
	    const struct outcome *outcome);

/* The plan's warnings but the first ones; they are told once, and gone. */
void	events_warnings(struct plan *plan, size_t from);

/* A line for each target of each recipient, but for an answer that waits, and
 * the plan's warnings. */
void	events_delivery(const struct job *job);

#endif
