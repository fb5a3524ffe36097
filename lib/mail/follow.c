/* follow.c: what the forwards of a plan's accounts add to it. */
#include "forward.h"
#include "resolve.h"
#include "resolver.h"

/* What cannot be read defers the account's mail, as a syntax error does. */
static void
look(struct resolver *r, struct target *t)
{
	struct pool *pool = &r->plan->pool;
	struct alias_entry *entry;
	struct err err;

	if (t->looked)
		return;
	t->looked = true;
	if (forward_find(t->account, pool, &entry, &err) == 0) {
		t->forward = entry;
		return;
	}
	if (err.kind == ERR_ABSENT) {
		if (err.text[0] != '\0')
			plan_warn(r->plan, "%s", err.text);
		return;
	}
	entry = pool_alloc(pool, sizeof *entry);
	entry->name = entry->file = "";
	entry->wrong = pool_dup(pool, slice_of(err.text));
	t->forward = entry;
}

/* The account that forwards is the sender of what goes on, where its domain
 * wants that. */
static const char *
sender_of(struct resolver *r, const struct target *t)
{
	const struct account *account = t->account;

	return account->domain->conf.forward_sender == FORWARD_OWNER ?
	    address_text(&r->plan->pool, account->name,
	    account->domain->name) : t->list_sender;
}

static struct context
context_of(struct resolver *r, const struct target *t)
{
	if (t->kind != TARGET_ACCOUNT)
		return (struct context){ .way = t->way, .domain = t->domain,
		    .local = t->local };
	return (struct context){
		.way = t->way, .domain = t->domain, .local = t->local,
		.sender = sender_of(r, t), .depth = t->depth,
		.no_fallback = t->no_fallback, .runs_as = t->account,
	};
}

static void
follow(struct resolver *r, const struct target *t)
{
	struct context c = context_of(r, t);

	if (reach_deeper(r, &c))
		expand_entry(r, &c, "forward", t->forward);
}

/* Targets that come of a forward are looked at in their turn. */
static void
follow_recipient(struct resolver *r)
{
	for (size_t i = 0; i < r->recipient->count; i++) {
		struct target *t = r->recipient->targets[i];
		if (t->kind != TARGET_ACCOUNT ||
		    *reach_follow(r, t->account, FOLLOW_ASKED) == NULL ||
		    *reach_follow(r, t->account, FOLLOW_DONE) != NULL)
			continue;
		if (!reach_more(r))
			return;
		*reach_follow(r, t->account, FOLLOW_DONE) = t;
		look(r, t);
		if (t->forward != NULL)
			follow(r, t);
	}
}

static void
take_out(struct recipient *recipient)
{
	for (size_t i = recipient->count; i-- > 0; ) {
		const struct target *t = recipient->targets[i];
		if (t->kind == TARGET_ACCOUNT && t->forward != NULL &&
		    !t->direct)
			plan_remove_target(recipient, i);
	}
}

static void
follow_all(const struct installation *in, struct plan *plan,
    struct recipient *recipient)
{
	struct resolver r = { .in = in, .plan = plan, .recipient = recipient };
	struct context c = { .local = recipient->local };

	if (recipient->count > 0)
		c = context_of(&r, recipient->targets[0]);
	follow_recipient(&r);
	take_out(recipient);
	resolve_check(&r, &c);
	drop_table(&r.visited);
	recipient->followed = true;
}

void
resolve_forwards(const struct installation *in, struct plan *plan)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (!plan->recipients[i]->followed)
			follow_all(in, plan, plan->recipients[i]);
}
