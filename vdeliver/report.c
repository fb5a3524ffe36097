/* report.c: what the MTA is told: an exit status, and lines on standard
 * error. */
#include "report.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "settle.h"

static volatile sig_atomic_t begun;

bool
report_has_begun(void)
{
	return begun;
}

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

static void
tell(const struct outcome *o)
{
	if (o->kind == OUTCOME_DONE)
		return;
	begun = true;
	fprintf(stderr, "%s %s\n", o->code, o->text);
}

int
report_outcome(const struct outcome *o, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tell(o);
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
	tell(decides);
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (i != which)
			tell(settled_result(plan->recipients[i]));
	return report_status(decides);
}
