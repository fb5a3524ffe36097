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

/* What it names is expanded for itself, and then whom that leads to is
 * followed: whoever forwards in a circle is met on a way of his own, and keeps
 * the mail.  Names that lead to nobody who is still to be followed need that but
 * once. */
static void
follow_one(struct resolver *r, struct asked *a)
{
	struct context c = context_behind(r, a);

	r->recipient->asked = NULL;
	r->visited = (struct table){ 0 };
	r->too_deep = false;
	if (reach_deeper(r, &c))
		expand_entry(r, &c, "forward", a->target->forward);
	struct table names = r->visited;
	a->deep = r->too_deep;
	follow(r, r->recipient->asked);
	if (a->deep) {
		struct asked *later = pool_alloc(&r->plan->pool, sizeof *later);
		*later = (struct asked){ .target = a->target,
		    .context = a->context, .next = r->deep };
		r->deep = later;
	}
	if (r->deep == NULL)
		finish(r, &names);
	drop_table(&names);
}

/* What was too deep may be less so on another way; in the end it is told. */
static bool
is_followed(const struct resolver *r, const struct asked *last,
    const struct asked *now)
{
	return last != NULL && (!last->deep ||
	    (r->waits && last->context.depth <= now->context.depth));
}

static void
follow(struct resolver *r, struct asked *a)
{
	for (; a != NULL && reach_more(r); a = a->next) {
		void **last = reach_followed(r, a->target->account);
		if (is_followed(r, *last, a))
			continue;
		*last = a;
		look(r, a->target);
		if (a->target->forward != NULL)
			follow_one(r, a);
	}
}

/* Who forwards and is not met again behind his own forward (is_direct()) keeps
 * nothing. */
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
	r.waits = true;
	follow(&r, recipient->asked);
	r.waits = false;
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
