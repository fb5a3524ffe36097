/* events.h: the log lines of deliveries (vmail-log(5)). */
#ifndef EVENTS_H
#define EVENTS_H

#include "job.h"

/* A recipient that is refused before there is a message. */
void	events_refused(const struct recipient *recipient,
	    const struct outcome *outcome);

/* A line for each target of each recipient, and the plan's warnings. */
void	events_delivery(const struct job *job);

#endif
