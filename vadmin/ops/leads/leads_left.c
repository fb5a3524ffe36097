/* leads_left.c: what would lead to nobody when an account's name is gone. */
#include "leads_left.h"

#include "address.h"
#include "leading_ways.h"
#include "output.h"
#include "scope.h"
#include "table.h"
#include "who_names.h"

struct search {
	struct leads_left	*left;
	bool			(*shows)(const void *who, const char *domain);
	struct pool		 pool;
	struct table		 changed;
};

static void
drop_search(struct search *s)
{
	drop_table(&s->changed);
	drop_pool(&s->pool);
}

static bool
is_shown(const struct search *s, const char *domain)
{
	return s->shows == NULL || s->shows(s->left->call->in.shows_to, domain);
}

static const char *
key_of(struct pool *pool, bool alias, const char *local, const char *domain)
{
	return pool_format(pool, "%s %s", alias ? "alias" : "forward",
	    leading_ways_key(pool, local, domain));
}

/* --- what references.h finds ---------------------------------------------- */

static bool
take_reference(void *arg, struct pool *pool, const struct reference *at,
    struct alias_member *new)
{
	struct search *s = arg;
	const struct leads_left *left = s->left;

	(void)new;
	if (!reference_is_to(left->name, at, pool))
		return false;
	if (!is_shown(s, at->domain))
		s->left->hidden = s->left->hidden || !left->alias_stays ||
		    at->member->kind == ALIAS_MAILBOX;
	else if (at->kind != REFERENCE_FALLBACK && !at->shared)
		*table_at(&s->changed, key_of(&s->pool,
		    at->kind == REFERENCE_ALIAS, at->name, at->domain)) = s;
	return false;
}

/* What is in the way of a change is told when it is made. */
static void
look_at_references(struct search *s)
{
	struct err unused;

	output_hush(true);
	references_check(s->left->call, s->left->account->name, take_reference,
	    s, &unused);
	output_hush(false);
}

/* --- what leads there otherwise ------------------------------------------- */

static void
take_edge(struct search *s, struct names *names, const struct edge *e)
{
	const struct node *from = e->from;
	const char *domain = from->domain->domain->name;
	bool alias = from->kind == NODE_ALIAS;

	if ((!alias && from->kind != NODE_ACCOUNT) || table_find(&s->changed,
	    key_of(&names->pool, alias, from->local, domain)) != NULL)
		return;
	if (!is_shown(s, domain)) {
		s->left->hidden = true;
		return;
	}
	const char *file = from == names->self ? pool_format(&names->pool,
	    "%s/.forward", s->left->account->home) : from->file;
	s->left->count++;
	if (s->left->tells)
		note("the %s %s leads to it (%s:%u): that is not changed",
		    alias ? "alias" : "forward of",
		    address_text(&names->pool, from->local, domain),
		    file, alias ? from->line : e->line);
}

/* Of its own forward "\name" is left, in its home. */
static void
take_edges(struct search *s, struct names *names)
{
	bool all = !s->left->alias_stays;

	for (const struct edge *e = names->inbox->in; e != NULL; e = e->next)
		if (e->from != names->self || e->line > 0)
			take_edge(s, names, e);
	for (const struct edge *e = names->self->in; all && e != NULL;
	    e = e->next)
		if (e->from != names->self)
			take_edge(s, names, e);
}

static int
look_everywhere(struct search *s, const struct account *account,
    struct err *err)
{
	SCOPED(drop_names) struct names names = { 0 };

	look_at_references(s);
	output_hush(s->shows != NULL);
	int read = names_read(s->left->call, account, &names, err);
	output_hush(false);
	if (read == 0)
		take_edges(s, &names);
	return read;
}

int
leads_left_find(struct leads_left *left, struct err *err)
{
	struct installation *in = &left->call->in;
	SCOPED(drop_search) struct search s = { .left = left,
	    .shows = in->shows };
	struct account account = *left->account;

	if (!left->goes)
		account.full_name = "";
	in->shows = NULL;
	int done = look_everywhere(&s, &account, err);
	in->shows = s.shows;
	return done;
}
