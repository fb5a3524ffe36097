/* events.c: the log lines of deliveries (vmail-log(5)). */
#include "events.h"

#include "log.h"
#include "report.h"
#include "scope.h"
#include "settle.h"

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
events_refused(const struct recipient *r, const struct outcome *o)
{
	SCOPED(drop_log_line) struct log_line line = log_event("refused");

	log_text(&line, "recipient", slice_of(r->given));
	log_outcome(&line, o);
}

void
events_target(struct log_line *line, const struct job *job,
    const struct recipient *r, const struct target *t)
{
	if (job->message_id != NULL && job->message_id[0] != '\0')
		log_text(line, "message-id", slice_of(job->message_id));
	log_text(line, "sender", slice_of(job->sender));
	log_text(line, "recipient", slice_of(r->given));
	log_text(line, "target", slice_of(target_kind_name(t->kind)));
	log_text(line, "to", slice_of(t->text));
}

static void
log_target(const struct job *job, const struct recipient *r,
    const struct target *t)
{
	SCOPED(drop_log_line) struct log_line line = log_event("delivery");

	events_target(&line, job, r, t);
	log_number(&line, "size", job->size);
	log_number(&line, "ms", settled_ms(t));
	log_outcome(&line, settled_outcome(t));
}

void
events_warnings(struct plan *plan, size_t from)
{
	for (size_t i = from; i < plan->warning_count; i++)
		log_warning("%s", plan->warnings[i]);
	plan->warning_count = from;
}

void
events_delivery(const struct job *job)
{
	struct plan *plan = job->plan;

	events_warnings(plan, 0);
	for (size_t i = 0; i < plan->recipient_count; i++)
		for (size_t j = 0; j < plan->recipients[i]->count; j++)
			if (!settled_is_put_off(
			    plan->recipients[i]->targets[j]))
				log_target(job, plan->recipients[i],
				    plan->recipients[i]->targets[j]);
}
