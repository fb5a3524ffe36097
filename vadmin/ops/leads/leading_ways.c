/* leading_ways.c: what leads to an account in other ways than a line's name. */
#include "leading_ways.h"

#include "address.h"
#include "scope.h"
#include "who_names.h"

const char *
leading_ways_key(struct pool *pool, const char *local, const char *domain)
{
	return pool_lower(pool, slice_of(address_text(pool, local, domain)));
}

/* Its own forward goes with it, and fallbacks are lines that name it. */
static bool
is_of_interest(const struct names *names, const struct node *from)
{
	return from != names->self && (from->kind == NODE_ALIAS ||
	    from->kind == NODE_ACCOUNT);
}

static void
tell_edges(struct names *names, const struct node *to,
    const struct table *told, const char *then)
{
	struct pool *pool = &names->pool;

	for (const struct edge *e = to->in; e != NULL; e = e->next) {
		const struct node *from = e->from;
		const char *domain;
		if (!is_of_interest(names, from))
			continue;
		domain = from->domain->domain->name;
		if (table_find(told, leading_ways_key(pool, from->local,
		    domain)) != NULL)
			continue;
		bool alias = from->kind == NODE_ALIAS;
		note("the %s %s leads to it (%s:%u)%s", alias ? "alias" :
		    "forward of", address_text(pool, from->local, domain),
		    from->file, alias ? from->line : e->line, then);
	}
}

int
leading_ways_tell(struct call *call, const struct account *account,
    const struct table *told, const char *then, struct err *err)
{
	SCOPED(drop_names) struct names names = { 0 };

	if (names_read(call, account, &names, err) == -1)
		return -1;
	tell_edges(&names, names.self, told, then);
	tell_edges(&names, names.inbox, told, then);
	return 0;
}
