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
static struct context
context_behind(struct resolver *r, const struct asked *a)
{
	const struct account *account = a->target->account;
	struct context c = a->context;

	if (account->domain->conf.forward_sender == FORWARD_OWNER)
		c.sender = address_text(&r->plan->pool, account->name,
		    account->domain->name);
	c.runs_as = account;
	return c;
}

static void
finish(struct resolver *r, const struct table *names)
{
	for (size_t i = 0; i < names->room; i++)
		if (names->slots[i].value != NULL)
			*table_at(&r->finished, names->slots[i].key) =
			    names->slots[i].value;
}

static void follow(struct resolver *r, struct asked *a);

/* What it names is expanded for itself, and then whom that leads to is followed:
 * whoever forwards in a circle is met on a way of his own, and keeps the mail.
 * Names that lead to nobody who is still to be followed need that but once. */
static void
follow_one(struct resolver *r, const struct asked *a)
{
	struct context c = context_behind(r, a);

	r->recipient->asked = NULL;
	r->visited = (struct table){ 0 };
	if (reach_deeper(r, &c))
		expand_entry(r, &c, "forward", a->target->forward);
	struct table names = r->visited;
	const struct asked *deep = r->deep;
	follow(r, r->recipient->asked);
	if (r->deep == deep)
		finish(r, &names);
	drop_table(&names);
}

static void
put_off(struct resolver *r, const struct asked *a)
{
	struct asked *deep = pool_alloc(&r->plan->pool, sizeof *deep);

	*deep = (struct asked){ a->target, a->context, r->deep };
	r->deep = deep;
}

static void
follow(struct resolver *r, struct asked *a)
{
	for (; a != NULL && reach_more(r); a = a->next) {
		void **followed = reach_followed(r, a->target->account);
		if (*followed != NULL)
			continue;
		if (a->context.depth == r->in->conf.max_alias_depth &&
		    !r->ends) {
			put_off(r, a);
			continue;
		}
		*followed = a->target;
		look(r, a->target);
		if (a->target->forward != NULL)
			follow_one(r, a);
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

	if (recipient->count > 0) {
		const struct target *first = recipient->targets[0];
		c = (struct context){ .way = first->way,
		    .domain = first->domain, .local = first->local };
	}
	follow(&r, recipient->asked);
	r.ends = true;
	follow(&r, r.deep);
	drop_table(&r.finished);
	take_out(recipient);
	resolve_check(&r, &c);
	recipient->followed = true;
}

void
resolve_forwards(const struct installation *in, struct plan *plan)
{
	for (size_t i = 0; i < plan->recipient_count; i++)
		if (!plan->recipients[i]->followed)
			follow_all(in, plan, plan->recipients[i]);
}
