/* report.c: what the MTA is told: an exit status, and lines on standard
 * error. */
#include "report.h"

#include <stdio.h>
#include <sysexits.h>

#include "address.h"
#include "dispatch.h"
#include "log.h"
#include "scope.h"

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
		const struct outcome *o = dispatch_result(plan->recipients[i]);
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
			report_outcome(dispatch_result(plan->recipients[i]));
	return report_status(decides);
}

static void
log_outcome(struct log_line *line, const struct outcome *o)
{
	log_number(line, "status", (uint64_t)report_status(o));
	log_text(line, "code", slice_of(o->code));
	if (o->text[0] != '\0')
		log_text(line, "text", slice_of(o->text));
	log_send(line, o->kind == OUTCOME_DONE ? LOG_INFO :
	    o->kind == OUTCOME_TEMPORARY ? LOG_ERR : LOG_NOTICE);
}

void
report_refusal(const struct recipient *r, const struct outcome *o)
{
	SCOPED(drop_log_line) struct log_line line = log_event("refused");

	log_text(&line, "recipient", slice_of(r->given));
	log_outcome(&line, o);
}

static void
log_target(const struct job *job, const struct recipient *r,
    const struct target *t)
{
	SCOPED(drop_log_line) struct log_line line = log_event("delivery");

	if (job->message_id != NULL && job->message_id[0] != '\0')
		log_text(&line, "message-id", slice_of(job->message_id));
	log_text(&line, "sender", slice_of(job->sender));
	log_text(&line, "recipient", slice_of(r->given));
	log_text(&line, "target", slice_of(target_kind_name(t->kind)));
	log_text(&line, "to", slice_of(t->text));
	log_number(&line, "size", job->size);
	log_number(&line, "ms", dispatch_time(t));
	log_outcome(&line, dispatch_outcome_for(r, t));
}

void
report_log(const struct job *job)
{
	const struct plan *plan = job->plan;

	for (size_t i = 0; i < plan->warning_count; i++)
		log_warning("%s", plan->warnings[i]);
	for (size_t i = 0; i < plan->recipient_count; i++)
		for (size_t j = 0; j < plan->recipients[i]->count; j++)
			log_target(job, plan->recipients[i],
			    plan->recipients[i]->targets[j]);
}
