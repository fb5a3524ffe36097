/* lmtp_look_up.c: what is known of an address, or a domain, before there is a
 * message. */
#include "lmtp_look_up.h"

#include "domain.h"
#include "events.h"
#include "lmtp_attend.h"
#include "lmtp_room.h"
#include "resolve.h"
#include "scope.h"
#include "settle.h"

static struct recipient *
plan_for(struct installation *in, struct plan *plan, const char *address)
{
	resolve(in, plan, address);
	resolve_forwards(in, plan);
	return plan->recipients[plan->recipient_count - 1];
}

struct recipient *
lmtp_expect(struct job *job, const char *address, uint64_t size,
    struct outcome *expected)
{
	struct plan *plan = job->plan;
	enum lmtp_room room;

	resolve(job->in, plan, address);
	struct recipient *r = plan->recipients[plan->recipient_count - 1];
	bool attended = lmtp_attend(job, r, size, &room);
	resolve_forwards(job->in, plan);
	*expected = *settle_expected(plan, r);
	if (expected->kind == OUTCOME_DONE)
		*expected = attended ?
		    lmtp_room_outcome(r->targets[0]->account, room) :
		    lmtp_room_for(r, size, job->deadline);
	if (attended && expected->kind != OUTCOME_DONE)
		lmtp_attend_no_more(job, r);
	return r;
}

static struct outcome
look_up_recipient(struct installation *in, const char *address)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct recipient *r = plan_for(in, &plan, address);
	const struct outcome *expected = settle_expected(&plan, r);

	/* What is unknown is no event: MTAs ask of whatever they are sent. */
	if (expected->kind == OUTCOME_TEMPORARY)
		events_refused(r, expected);
	return *expected;
}

/* One that is not there, or cannot be told, is for the other maps. */
static struct outcome
look_up_full(struct installation *in, const char *address)
{
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct recipient *r = plan_for(in, &plan, address);

	if (settle_expected(&plan, r)->kind != OUTCOME_DONE)
		return outcome_make(OUTCOME_NO_USER, "5.1.1", "no inbox");
	struct outcome room = lmtp_room_for(r, 0, in->deadline);
	if (room.kind != OUTCOME_DONE)
		events_refused(r, &room);
	return room;
}

static struct outcome
look_up_domain(struct installation *in, const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;
	struct err err;

	if (domain_real_name(in, &pool, slice_of(name), &real, &err) == 0)
		return outcome_make(OUTCOME_DONE, "2.1.5", "ok");
	if (err.kind == ERR_ABSENT)
		return outcome_make(OUTCOME_NO_DOMAIN, "5.1.2", "%s",
		    err.text);
	return outcome_from_err(&err);
}

struct outcome
lmtp_look_up(struct installation *in, enum lmtp_request_kind kind,
    const char *text)
{
	if (kind == LMTP_LOOK_UP_DOMAIN)
		return look_up_domain(in, text);
	return kind == LMTP_LOOK_UP_FULL ? look_up_full(in, text) :
	    look_up_recipient(in, text);
}
