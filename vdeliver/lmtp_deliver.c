/* lmtp_deliver.c: one message that came by LMTP: a reply for each of its
 * recipients, in their order. */
#include "lmtp_deliver.h"

#include "crew.h"
#include "dispatch.h"
#include "lmtp_wire.h"
#include "packet.h"
#include "settle.h"

static bool
tell(const struct job *job, const struct recipient *r)
{
	const struct lmtp_answer a = { *settled_result(r) };

	return packet_send_fd(job->to_talker, &a, sizeof a, -1) == 0;
}

/* From here on as many as lead to one inbox each are delivered to together;
 * another kind of target, a command for example, waits for its turn, and so
 * does what stands behind it: it is begun only when it will be told of. */
static void
send_ahead(struct job *job, size_t from)
{
	const struct plan *plan = job->plan;
	size_t count = plan->recipient_count;

	for (size_t i = from; i < count && i - from < CREW_MAX; i++)
		if (!dispatch_ahead(job, plan->recipients[i]))
			break;
}

/* Nobody hears of the rest.  Those that are under way come to their end: a
 * courier that is killed may leave half a message to be cleared away. */
static void
give_up(struct job *job, size_t from)
{
	struct plan *plan = job->plan;

	for (size_t i = from; i < plan->recipient_count; i++)
		if (dispatch_is_under_way(job, plan->recipients[i]))
			dispatch_recipient(job, &plan->recipients[i]);
	settle_open(plan, plan->recipients + from,
	    plan->recipient_count - from, outcome_make(OUTCOME_TEMPORARY,
	    "4.4.2", "not begun: nobody waits for the answer"));
}

bool
lmtp_deliver(struct job *job)
{
	const struct plan *plan = job->plan;
	bool alive = true;

	for (size_t i = 0; i < plan->recipient_count && alive; i++) {
		send_ahead(job, i);
		dispatch_recipient(job, &plan->recipients[i]);
		alive = tell(job, plan->recipients[i]);
		if (!alive)
			give_up(job, i + 1);
	}
	return alive;
}

bool
lmtp_deliver_none(struct job *job, struct outcome o)
{
	struct plan *plan = job->plan;

	settle_open(plan, plan->recipients, plan->recipient_count, o);
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (!tell(job, plan->recipients[i]))
			return false;
	return true;
}
