/* report.h: what an import took, and what it left and why, thing by thing. */
#ifndef REPORT_H
#define REPORT_H

#include "operation.h"
#include "output.h"

struct report {
	struct sheet	sheet;
	size_t		taken, same, left;
};
#define REPORT_NEW	((struct report){ .sheet.heads = report_heads })
extern const char *const report_heads[];

/* where is "FILE:LINE", or a path.  What is the same is there already, as it
 * was meant to be, and was not touched.  What was left says why, and what to
 * do. */
void	report_taken(struct report *report, const char *where,
	    const char *what, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
void	report_same(struct report *report, const char *where,
	    const char *what, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
void	report_left(struct report *report, const char *where,
	    const char *what, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* Nothing was done because of it. */
void	report_wrong(struct report *report, const char *where,
	    const char *what, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));

/* Prints it, with the sums on a terminal; call->status tells whether something
 * was left. */
void	report_end(struct report *report, struct call *call);
void	drop_report(struct report *report);

#endif
