/* events.h: the log lines of deliveries (vmail-log(5)). */
#ifndef EVENTS_H
#define EVENTS_H

#include "job.h"
#include "log.h"

/* A recipient that is refused before there is a message. */
void	events_refused(const struct recipient *recipient,
	    const struct outcome *outcome);

/* What each line on a target begins with. */
void	events_target(struct log_line *line, const struct job *job,
	    const struct recipient *recipient, const struct target *target);

/* The plan's warnings but the first ones; they are told once, and gone. */
void	events_warnings(struct plan *plan, size_t from);

/* A line for each target of each recipient, but for an answer that waits, and
 * the plan's warnings. */
void	events_delivery(const struct job *job);

#endif
