/* report.c: what the MTA is told: an exit status, and lines on standard
 * error. */
#include "report.h"

#include <stdio.h>
#include <sysexits.h>

#include "address.h"
#include "settle.h"

int
report_status(const struct outcome *o)
{
	static const int status[] = {
		[OUTCOME_DONE] = EX_OK, [OUTCOME_TEMPORARY] = EX_TEMPFAIL,
		[OUTCOME_NO_USER] = EX_NOUSER, [OUTCOME_NO_DOMAIN] = EX_NOHOST,
		[OUTCOME_REFUSED] = EX_NOPERM,
		[OUTCOME_PERMANENT] = EX_UNAVAILABLE,
	};

	return status[o->kind];
}

int
report_outcome(const struct outcome *o)
{
	if (o->kind != OUTCOME_DONE)
		fprintf(stderr, "%s %s\n", o->code, o->text);
	return report_status(o);
}

int
report_plan(const struct plan *plan)
{
	const struct outcome *decides = NULL;
	size_t which = 0;

	for (size_t i = 0; i < plan->recipient_count; i++) {
		const struct outcome *o = settled_result(plan->recipients[i]);
		if (decides == NULL || outcome_precedes(o, decides)) {
			decides = o;
			which = i;
		}
	}
	if (decides == NULL)
		return EX_OK;
	report_outcome(decides);
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (i != which)
			report_outcome(settled_result(plan->recipients[i]));
	return report_status(decides);
}
