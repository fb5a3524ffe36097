/* who_edges.c: what names lead to. */
#include "who_edges.h"

#include <string.h>

#include "address.h"
#include "mem.h"
#include "scope.h"
#include "who_land.h"

/* --- members ------------------------------------------------------------- */

struct gathering {
	struct names		*names;
	struct alias_member	*members;
	size_t			 count, room;
};

static void
drop_gathering(struct gathering *g)
{
	drop_mem(&g->members);
}

/* Included files name each other only so deep. */
static void
gather(struct gathering *g, const struct alias_entry *entry, unsigned depth)
{
	const struct installation *in = &g->names->call->in;

	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		struct alias_member member = entry->members[i];
		struct alias_entry *list;
		struct err err;
		member.text = pool_dup(&g->names->pool, slice_of(member.text));
		mem_room(&g->members, &g->room, g->count, sizeof member);
		g->members[g->count++] = member;
		if (member.kind != ALIAS_INCLUDE ||
		    depth >= in->conf.max_alias_depth)
			continue;
		if (alias_include(in, &pool, member.text, &list, &err) == -1)
			note("%s: not looked at: %s", member.text, err.text);
		else
			gather(g, list, depth + 1);
	}
}

void
edges_take_members(struct names *n, struct node *node,
    const struct alias_entry *entry)
{
	SCOPED(drop_gathering) struct gathering g = { .names = n };

	gather(&g, entry, 0);
	node->count = g.count;
	node->members = pool_alloc(&n->pool,
	    (g.count + 1) * sizeof *node->members);
	if (g.count > 0)
		memcpy(node->members, g.members,
		    g.count * sizeof *node->members);
}

/* --- edges --------------------------------------------------------------- */

static void
add_edge(struct names *n, struct node *from, struct node *to, bool fallback,
    unsigned line)
{
	if (to == NULL || to->kind == NODE_OTHER)
		return;
	struct edge *edge = pool_alloc(&n->pool, sizeof *edge);
	*edge = (struct edge){ from, fallback, line, to->in };
	to->in = edge;
}

/* Where a member's address is: its domain, else the one of who names it. */
static struct names_domain *
domain_of(struct names *n, const struct node *from,
    const struct address *address)
{
	return address->domain[0] == '\0' ? from->domain :
	    names_domain(n, address->domain);
}

/* "\joe": the inbox itself, whatever joe forwards. */
static struct node *
direct(struct names *n, struct node *to)
{
	return to == n->self ? n->inbox : NULL;
}

/* A name within its own expansion is its mailbox.  An account that forwards to
 * its own address, not to "\joe", is a circle. */
static struct node *
land(struct names *n, struct node *from, struct names_domain *d,
    const struct address *address, bool *fallback)
{
	struct slice local = slice_of(address->local);
	struct node *to = names_land(n, d, local, fallback);

	return to == from && from->kind == NODE_ALIAS ?
	    names_land_mailbox(n, d, local) : to;
}

static void
add_address(struct names *n, struct node *from,
    const struct alias_member *member)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool fallback = from->kind == NODE_FALLBACK;
	struct address address;
	struct err unused;

	if (address_parse(&pool, slice_of(member->text), &address,
	    &unused) == -1)
		return;
	struct names_domain *d = domain_of(n, from, &address);
	if (d == NULL)
		return;
	struct node *to = member->kind == ALIAS_MAILBOX ? direct(n,
	    names_land_mailbox(n, d, slice_of(address.local))) :
	    land(n, from, d, &address, &fallback);
	/* It is counted where it goes on from there. */
	if (to != NULL && to->kind == NODE_FALLBACK)
		fallback = false;
	add_edge(n, from, to, fallback, member->line);
}

bool
edges_forwards_all(const struct names *n, const struct node *node)
{
	for (const struct edge *e = n->inbox->in; e != NULL; e = e->next)
		if (e->from == node)
			return false;
	return node->count > 0;
}

void
edges_add_all(struct names *n)
{
	for (struct node *node = n->nodes; node != NULL; node = node->next)
		for (size_t i = 0; i < node->count; i++)
			if (names_may_lead(n, node->domain->domain->name,
			    &node->members[i]))
				add_address(n, node, &node->members[i]);
	if (!edges_forwards_all(n, n->self))
		add_edge(n, n->self, n->inbox, false, 0);
}
