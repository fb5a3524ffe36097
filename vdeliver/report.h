/* report.h: what the MTA is told: an exit status, and lines on standard
 * error. */
#ifndef REPORT_H
#define REPORT_H

#include "job.h"

/* One of 0, 67, 68, 69, 75 and 77: MTAs agree on no other. */
int	report_status(const struct outcome *outcome);

/* "X.Y.Z text" for each failed recipient, the one that decides first; and the
 * status of the whole: a temporary failure wins. */
int	report_plan(const struct plan *plan);

/* The same for a call that failed as a whole. */
int	report_outcome(const struct outcome *outcome);

/* One log line for a recipient that is refused before there is a message. */
void	report_refusal(const struct recipient *recipient,
	    const struct outcome *outcome);

/* One log line for each target of each recipient, and the plan's warnings. */
void	report_log(const struct job *job);

#endif
