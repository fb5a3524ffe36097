/* dispatch.c: every target of a plan, in its order.
 *
 * This is the process that may be root: it forks couriers and copies bytes,
 * and looks into nothing that a stranger or a user wrote.
 */
#include "dispatch.h"

#include <string.h>

#include "answers.h"
#include "courier.h"
#include "due.h"
#include "intake.h"
#include "ledger.h"
#include "mailbox.h"
#include "resolve.h"
#include "scope.h"
#include "settle.h"

/* addresses of one call: well below ARG_MAX */
enum { BATCH_BYTES = 512 * 1024 };

/* what the log says of mail that a filter wrote nothing for */
#define DROPPED	"dropped by the filter"
/* and of what an earlier try did */
#define BEFORE	"done before"

/* This try did it, and no other one has to. */
static void
settle_tried(struct job *job, struct target *t, struct outcome o,
    struct deadline start)
{
	settle_since(job->plan, t, o, start);
	if (o.kind == OUTCOME_DONE)
		ledger_note(job, t, false);
}

/* --- deliveries -------------------------------------------------------- */

/* How many targets the message itself is needed for; *only is one of them. */
static size_t
count_open(const struct plan *plan, struct target **only)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->recipient_count; i++) {
		const struct recipient *r = plan->recipients[i];
		for (size_t j = 0; j < r->count; j++) {
			struct target *t = r->targets[j];
			if ((t->work == NULL && t != *only) ||
			    settled_to_hand_on(r, t)) {
				*only = t;
				count++;
			}
		}
	}
	return count;
}

static bool
is_filtered(const struct target *t)
{
	return t->kind == TARGET_ACCOUNT &&
	    t->account->domain->conf.filter[0] != '\0';
}

/* What the filter makes of it goes into the inbox, or nothing; *new is that. */
static struct outcome
deliver_filtered(struct job *job, const struct recipient *r,
    const struct target *t, struct found *found, struct message *new)
{
	enum filtered filtered;
	struct outcome o = courier_filter(job, r, t, &filtered, new);

	if (o.kind != OUTCOME_DONE)
		return o;
	if (filtered == FILTER_NOTHING)
		return outcome_make(OUTCOME_DONE, "2.0.0", DROPPED);
	if (filtered == FILTER_NONE)
		return courier_deliver(job, r, t, found);
	struct job inner = *job;
	inner.message = *new;
	o = courier_deliver(&inner, r, t, found);
	*new = inner.message;
	return o;
}

/* What is begun so late could not be waited for: killed in the middle it might
 * be delivered, and be tried again. */
static struct outcome
too_late(void)
{
	return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
	    "delivery-timeout was over before this was begun");
}

static struct outcome
deliver_one(struct job *job, const struct recipient *r,
    const struct target *t, struct found *found, struct message *new)
{
	*found = (struct found){ .vacation = VACATION_NONE };
	if (deadline_over(job->deadline) && !courier_is_under_way(job, t))
		return too_late();
	return is_filtered(t) ? deliver_filtered(job, r, t, found, new) :
	    courier_deliver(job, r, t, found);
}

/* A vacation answers what was written into the inbox, and then alone: once it
 * is remembered that it was, a retry finds it done. */
static void
deliver_to(struct job *job, const struct recipient *r, struct target *t)
{
	SCOPED(drop_message) struct message new = MESSAGE_NONE;
	struct deadline start = deadline_in(0);
	struct found found;
	struct outcome o = deliver_one(job, r, t, &found, &new);

	settle_tried(job, t, o, found.ahead ? found.start : start);
	if (o.kind != OUTCOME_DONE || found.vacation == VACATION_NONE)
		return;
	due_vacation(job, r, t, found.vacation, &new);
}

static void
deliver_local(struct job *job, const struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->targets[i]->work == NULL &&
		    r->targets[i]->kind != TARGET_REMOTE &&
		    r->targets[i]->kind != TARGET_AUTO)
			deliver_to(job, r, r->targets[i]);
}

static bool
same_sender(const struct target *a, const struct target *b)
{
	return a->sender == b->sender ||
	    (a->sender != NULL && b->sender != NULL &&
	    strcmp(a->sender, b->sender) == 0);
}

/* One call of sendmail takes every open remote target of the recipient that
 * has the first one's sender. */
static void
send_batch(struct job *job, const struct recipient *r,
    const struct target *first)
{
	struct pool *pool = &job->plan->pool;
	const char **addresses = pool_alloc(pool, r->count * sizeof *addresses);
	struct target **taken = pool_alloc(pool, r->count * sizeof *taken);
	struct deadline start = deadline_in(0);
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < r->count && bytes < BATCH_BYTES; i++) {
		struct target *t = r->targets[i];
		if (t->work != NULL || t->kind != TARGET_REMOTE ||
		    !same_sender(t, first))
			continue;
		taken[count] = t;
		addresses[count++] = t->text;
		bytes += strlen(t->text) + 1 + sizeof(char *);
	}
	struct outcome o = deadline_over(job->deadline) ? too_late() :
	    courier_send(job, r, first, addresses, count);
	for (size_t i = 0; i < count; i++)
		settle_tried(job, taken[i], o, start);
}

static void
deliver_remote(struct job *job, const struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->targets[i]->work == NULL &&
		    r->targets[i]->kind == TARGET_REMOTE)
			send_batch(job, r, r->targets[i]);
}

static void
hand_on_failed(struct job *job, const struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct target *t = r->targets[i];
		if (settled_to_hand_on(r, t) && t->domain != NULL &&
		    !deadline_over(job->deadline) &&
		    courier_send(job, r, t, &t->retry, 1).kind ==
		    OUTCOME_DONE) {
			settle(job->plan, t, outcome_make(OUTCOME_DONE,
			    "2.0.0", "handed on"));
			ledger_note(job, t, true);
		}
	}
}

static void
deliver_recipient(struct job *job, const struct recipient *r)
{
	deliver_local(job, r);
	deliver_remote(job, r);
	hand_on_failed(job, r);
}

/* Once, and not at each try of the MTA. */
static void
answer_automatically(struct job *job, const struct recipient *r, bool waits)
{
	const struct outcome done = { .kind = OUTCOME_DONE, .code = "2.0.0" };

	for (size_t i = 0; i < r->count; i++) {
		struct target *t = r->targets[i];
		if (t->kind != TARGET_AUTO || t->work != NULL)
			continue;
		if (waits) {
			answers_put_off(job, r, t);
			settle_put_off(job->plan, t);
			continue;
		}
		due_auto(job, r, t);
		settle(job->plan, t, done);
		ledger_note(job, t, false);
	}
}

/* --- tries -------------------------------------------------------------- */

/* What an earlier try of the MTA has seen to. */
static void
settle_done_before(struct job *job, const struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++)
		if ((r->targets[i]->work == NULL ||
		    settled_to_hand_on(r, r->targets[i])) &&
		    ledger_recall(job, r->targets[i]))
			settle(job->plan, r->targets[i], outcome_make(
			    OUTCOME_DONE, "2.0.0", BEFORE));
}

static bool
is_tried_again(struct recipient *const *recipients, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (settled_result(recipients[i])->kind == OUTCOME_TEMPORARY)
			return true;
	return false;
}

/* Recipients that the MTA gets one answer for. */
static void
try(struct job *job, struct recipient *const *recipients, size_t count)
{
	struct err err;

	if (ledger_open(job, recipients, count, &err) == -1) {
		settle_open(job->plan, recipients, count,
		    outcome_from_err(&err));
		return;
	}
	for (size_t i = 0; i < count; i++)
		settle_done_before(job, recipients[i]);
	for (size_t i = 0; i < count; i++)
		deliver_recipient(job, recipients[i]);
	bool again = is_tried_again(recipients, count);
	for (size_t i = 0; i < count; i++)
		answer_automatically(job, recipients[i], again);
	ledger_settle(job, again);
}

void
dispatch_recipient(struct job *job, struct recipient *const *r)
{
	settle_recipient(job->plan, *r);
	try(job, r, 1);
}

bool
dispatch_is_under_way(const struct job *job, const struct recipient *r)
{
	return r->count == 1 && courier_is_under_way(job, r->targets[0]);
}

bool
dispatch_ahead(struct job *job, const struct recipient *r)
{
	const struct target *t = r->count == 1 ? r->targets[0] : NULL;

	if (t == NULL || t->kind != TARGET_ACCOUNT || is_filtered(t))
		return false;
	/* two recipients may have it in common */
	if (t->work != NULL || dispatch_is_under_way(job, r))
		return true;
	return !deadline_over(job->deadline) && courier_send_ahead(job, r, t);
}

/* Nobody but this target has to be remembered: either it is done, or the MTA
 * tries again for it alone.  And its courier can put the message in its place
 * while it comes in: what has to be made is made when it has come. */
static bool
is_all_that_waits(const struct plan *plan, const struct target *only)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->targets[i] != only && settled_outcome(
		    plan->targets[i])->kind == OUTCOME_TEMPORARY)
			return false;
	return only->kind == TARGET_ACCOUNT && !is_filtered(only) &&
	    !mailbox_lacks_place(only->account);
}

/* One account alone: its courier reads the message where it will lie, after it
 * has found no .forward and no vacation.  False: there may be one, and nothing
 * was done. */
static bool
deliver_alone(struct job *job, struct target *t)
{
	struct deadline start = deadline_in(0);
	struct found found;
	struct outcome o = courier_deliver(job, NULL, t, &found);

	if (!found.postponed)
		settle_since(job->plan, t, o, start);
	else if (!found.forwards)
		t->looked = true;
	return !found.postponed;
}

void
dispatch(struct job *job)
{
	struct plan *plan = job->plan;
	struct target *only = NULL;

	settle_all_known(plan);
	size_t open = count_open(plan, &only);
	if (open == 0 || (open == 1 && is_all_that_waits(plan, only) &&
	    deliver_alone(job, only)))
		return;
	/* For all others everything is known before anything is delivered, and
	 * the message is read once. */
	resolve_forwards(job->in, plan);
	settle_all_known(plan);
	only = NULL;
	if (count_open(plan, &only) == 0)
		return;
	struct outcome o = intake_for_all(job);
	if (o.kind != OUTCOME_DONE) {
		settle_open(plan, plan->recipients, plan->recipient_count, o);
		return;
	}
	try(job, plan->recipients, plan->recipient_count);
}
