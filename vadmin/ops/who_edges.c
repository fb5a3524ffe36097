/* who_edges.c: what names lead to. */
#include "who_edges.h"

#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "forward.h"
#include "scope.h"

/* --- forwards ------------------------------------------------------------ */

bool
edges_may_forward(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = account->domain->in;
	struct stat st;

	return lstat(pool_format(&pool, "%s/files/%s/%s.forward",
	    installation_path(in, &pool, in->conf.spool),
	    account->domain->name, account->name), &st) == 0 ||
	    (account->home[0] == '/' && lstat(pool_format(&pool,
	    "%s/.forward", account->home), &st) == 0);
}

void
edges_read_forward(struct names *n, const struct account *account,
    struct node *node)
{
	struct alias_entry *entry;
	struct err err;

	if (!edges_may_forward(account))
		return;
	if (forward_find(account, &n->pool, &entry, &err) == -1) {
		if (err.text[0] != '\0')
			note("%s", err.text);
		return;
	}
	if (entry->wrong != NULL) {
		note("%s", entry->wrong);
		return;
	}
	node->members = entry->members;
	node->count = entry->count;
	if (node != n->self)
		node->file = entry->file;
}

/* --- members ------------------------------------------------------------- */

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
add_address(struct names *n, struct node *from, struct pool *pool,
    const struct alias_member *member)
{
	bool fallback = from->kind == NODE_FALLBACK;
	struct address address;
	struct err unused;

	if (address_parse(pool, slice_of(member->text), &address,
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

/* Included files name each other only so deep. */
static void
add_member(struct names *n, struct node *from,
    const struct alias_member *member, unsigned depth)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = &n->call->in;
	struct alias_entry *entry;
	struct err err;

	if (member->kind == ALIAS_ADDRESS || member->kind == ALIAS_MAILBOX)
		add_address(n, from, &pool, member);
	if (member->kind != ALIAS_INCLUDE ||
	    depth >= in->conf.max_alias_depth)
		return;
	if (alias_include(in, &pool, member->text, &entry, &err) == -1) {
		note("%s: not looked at: %s", member->text, err.text);
		return;
	}
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++)
		add_member(n, from, &entry->members[i], depth + 1);
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
			add_member(n, node, &node->members[i], 0);
	if (!edges_forwards_all(n, n->self))
		add_edge(n, n->self, n->inbox, false, 0);
}
