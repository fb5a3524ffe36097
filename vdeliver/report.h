/* report.h: what the MTA is told: an exit status, and lines on standard
 * error. */
#ifndef REPORT_H
#define REPORT_H

#include "plan.h"

/* One of 0, 67, 68, 69, 75 and 77: MTAs agree on no other. */
int	report_status(const struct outcome *outcome);

/* "X.Y.Z text" for each failed recipient, the one that decides first; and the
 * status of the whole: a temporary failure wins. */
int	report_plan(const struct plan *plan);

/* The same for a call that failed as a whole, count times. */
int	report_outcome(const struct outcome *outcome, size_t count);

/* Whether there are lines on standard error: a handler of signals may ask. */
bool	report_has_begun(void);

#endif
