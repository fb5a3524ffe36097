/* settle.c: what became of each target, and so of each recipient. */
#include "settle.h"

static const struct outcome success = { .kind = OUTCOME_DONE, .code = "2.0.0" };

/* What hangs on a target (its work). */
struct settled {
	struct outcome	outcome;
	uint64_t	ms;
	bool		put_off;
};

void
settle(struct plan *plan, struct target *t, struct outcome o)
{
	const struct settled *before = t->work;
	struct settled *kept = pool_alloc(&plan->pool, sizeof *kept);

	*kept = (struct settled){ .outcome = o,
	    .ms = before != NULL ? before->ms : 0 };
	t->work = kept;
}

void
settle_since(struct plan *plan, struct target *t, struct outcome o,
    struct deadline start)
{
	settle(plan, t, o);
	((struct settled *)t->work)->ms =
	    (uint64_t)(deadline_in(0).at_ms - start.at_ms);
}

void
settle_put_off(struct plan *plan, struct target *t)
{
	settle(plan, t, success);
	((struct settled *)t->work)->put_off = true;
}

bool
settled_is_put_off(const struct target *t)
{
	const struct settled *settled = t->work;

	return settled != NULL && settled->put_off;
}

const struct outcome *
settled_outcome(const struct target *t)
{
	const struct settled *settled = t->work;

	return settled != NULL ? &settled->outcome : &success;
}

uint64_t
settled_ms(const struct target *t)
{
	const struct settled *settled = t->work;

	return settled != NULL ? settled->ms : 0;
}

const struct outcome *
settled_result(const struct recipient *r)
{
	const struct outcome *decides = &success;

	for (size_t i = 0; i < r->count; i++)
		if (outcome_precedes(settled_outcome(r->targets[i]), decides))
			decides = settled_outcome(r->targets[i]);
	return decides;
}

static void
settle_known(struct plan *plan, struct target *t)
{
	if (t->work != NULL)
		return;
	if (t->kind == TARGET_FAILURE)
		settle(plan, t, t->failure);
}

bool
settled_to_hand_on(const struct recipient *r, const struct target *t)
{
	return settled_outcome(t)->kind != OUTCOME_DONE && plan_hands_on(r, t);
}

void
settle_recipient(struct plan *plan, struct recipient *r)
{
	for (size_t i = 0; i < r->count; i++)
		settle_known(plan, r->targets[i]);
}

const struct outcome *
settle_expected(struct plan *plan, struct recipient *r)
{
	const struct outcome *decides = &success;

	settle_recipient(plan, r);
	for (size_t i = 0; i < r->count; i++)
		if (!settled_to_hand_on(r, r->targets[i]) &&
		    outcome_precedes(settled_outcome(r->targets[i]), decides))
			decides = settled_outcome(r->targets[i]);
	return decides;
}

void
settle_all_known(struct plan *plan)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		settle_recipient(plan, plan->recipients[i]);
}

void
settle_open(struct plan *plan, struct recipient *const *recipients,
    size_t count, struct outcome o)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < recipients[i]->count; j++)
			if (recipients[i]->targets[j]->work == NULL)
				settle(plan, recipients[i]->targets[j], o);
}

void
settle_without_delivery(struct plan *plan)
{
	settle_all_known(plan);
	for (size_t i = 0; i < plan->recipient_count; i++) {
		struct recipient *r = plan->recipients[i];
		for (size_t j = 0; j < r->count; j++)
			if (settled_to_hand_on(r, r->targets[j]))
				settle(plan, r->targets[j], success);
	}
}
