/* explain_who.c: "explain --who": all addresses that reach an account. */
#include "explain_who.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "output.h"
#include "resolve.h"
#include "scope.h"
#include "subject.h"
#include "who_edges.h"
#include "who_land.h"
#include "who_walk.h"

struct who {
	struct names	*names;
	struct sheet	 sheet;
	struct table	 domains;	/* of which an address is shown */
	bool		 doubtful;	/* the resolver is to be asked */
};

/* --- a row --------------------------------------------------------------- */

static const char *
address_of(const struct who *who, const struct node *node)
{
	return node->kind == NODE_FALLBACK ? pool_format(&who->names->pool,
	    "*@%s", node->domain->domain->name) :
	    address_text(&who->names->pool, node->local,
	    node->domain->domain->name);
}

static bool
reaches(struct who *who, const char *address)
{
	const struct account *account = who->names->account;
	SCOPED(drop_plan) struct plan plan = { 0 };

	resolve(&who->names->call->in, &plan, address);
	resolve_forwards(&who->names->call->in, &plan);
	for (size_t i = 0; i < plan.recipients[0]->count; i++) {
		const struct target *t = plan.recipients[0]->targets[i];
		if (t->kind == TARGET_ACCOUNT && strcmp(t->account->name,
		    account->name) == 0 && strcmp(t->domain->name,
		    account->domain->name) == 0)
			return true;
	}
	return false;
}

/* False: it does not reach the account. */
static bool
add_row(struct who *who, const char *address, const struct node *node,
    const char *how)
{
	const struct node *through = node->through;

	if (who->doubtful && node->kind != NODE_FALLBACK &&
	    strchr(address, '*') == NULL && !reaches(who, address))
		return false;
	bool aside = through != NULL && through != who->names->self &&
	    through != who->names->inbox;

	sheet_adds(&who->sheet, address);
	sheet_addf(&who->sheet, "%s%s%s", how, aside ? ", by " : "",
	    aside ? address_of(who, through) : "");
	if (node->file == NULL)
		sheet_adds(&who->sheet, "");
	else if (node->line == 0)
		sheet_adds(&who->sheet, node->file);
	else
		sheet_addf(&who->sheet, "%s:%u", node->file, node->line);
	*table_at(&who->domains, node->domain->domain->name) =
	    node->domain;
	return true;
}

/* Whether mail for this name of its domain meets it first. */
static bool
is_met_by(struct who *who, const struct node *node, const char *local)
{
	bool fallback = false;

	return walk_is_open(node) && names_land(who->names, node->domain,
	    slice_of(local), &fallback) == node && !fallback;
}

/* --- a domain whose fallback is the same name here ------------------------- */

static void
add_same_names(struct who *who, const struct node *node, const char *local)
{
	for (struct names_domain *d = who->names->domains; d != NULL;
	    d = d->next) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		bool fallback = false;
		if (d->same_at == NULL || d->domain->conf.reject_mail ||
		    names_domain(who->names, d->same_at) != node->domain ||
		    names_land(who->names, d, slice_of(local),
		    &fallback) != node || !fallback)
			continue;
		add_row(who, address_text(&pool, local, d->domain->name),
		    &(struct node){ .domain = d, .through = node,
		    .file = pool_format(&pool, "%s/%s", d->domain->in->path,
		    d->domain->file), .line = d->domain->lines.of[
		    settings_row(domain_settings, SLICE("fallback")) -
		    domain_settings] }, "fallback");
	}
}

/* --- rows of a name -------------------------------------------------------- */

static const char *
how_of(const struct node *node, const struct names *names)
{
	switch (node->kind) {
	case NODE_ACCOUNT:
		return node == names->self ? "account" : "forward";
	case NODE_ALIAS:
		return "alias";
	case NODE_POSTMASTER:
		return "the main domain's postmaster";
	case NODE_FALLBACK:
		return "fallback, whatever is unknown there";
	case NODE_MAILBOX:
	case NODE_OTHER:
		break;
	}
	return "";
}

static void
add_full_name(struct who *who, const struct node *node)
{
	if (node->full_name == NULL || !is_met_by(who, node, node->full_name))
		return;
	add_row(who, pool_format(&who->names->pool, "%s@%s", node->full_name,
	    node->domain->domain->name), node, node == who->names->self ?
	    "full name" : "forward of this full name");
	if (node->met[false])
		add_same_names(who, node, node->full_name);
}

/* The first address that has one stands for all of them. */
static void
add_extension(struct who *who, const struct node *node)
{
	const char *delimiter = who->names->call->in.conf.recipient_delimiter;

	if (delimiter[0] != '\0')
		add_row(who, pool_format(&who->names->pool, "%s%c*@%s",
		    node->local, delimiter[0], node->domain->domain->name),
		    node, "any extension, as each account and alias has");
}

static void
add_node(struct who *who, const struct node *node, bool *extended)
{
	if (node->kind == NODE_MAILBOX || !walk_is_open(node))
		return;
	if ((node->kind == NODE_FALLBACK || node->kind == NODE_POSTMASTER ||
	    is_met_by(who, node, node->local)) &&
	    add_row(who, address_of(who, node), node, how_of(node,
	    who->names)) && node->kind != NODE_FALLBACK) {
		if (!*extended)
			add_extension(who, node);
		*extended = true;
	}
	add_full_name(who, node);
	if (node->met[false])
		add_same_names(who, node, node->local);
}

/* --- circles --------------------------------------------------------------- */

static bool
is_met(const struct node *node)
{
	return node->met[false] || node->met[true];
}

/* Where an alias stands before the account of its name, or the account's own
 * forward before its inbox, only who comes round in a circle gets there, and
 * that depends on where he began: the resolver tells. */
static void
add_circle(struct who *who, struct node *start, bool *extended)
{
	SCOPED(drop_walk) struct walk walk = { 0 };

	if (is_met(start))
		return;
	walk_from(who->names, start, &walk);
	who->doubtful = true;
	for (size_t i = 0; walk.circle && i < walk.count; i++)
		if (walk.met[i]->kind != NODE_FALLBACK || reaches(who,
		    pool_format(&who->names->pool, "no-such-user.vadmin@%s",
		    walk.met[i]->domain->domain->name)))
			add_node(who, walk.met[i], extended);
	who->doubtful = false;
}

static void
add_circles(struct who *who, bool *extended)
{
	struct names *names = who->names;

	add_circle(who, names->self, extended);
	for (struct node *node = names->nodes; node != NULL;
	    node = node->next) {
		if (node->kind != NODE_ALIAS || is_met(node))
			continue;
		const struct node *behind = names_land_mailbox(names,
		    node->domain, slice_of(node->local));
		if (behind != NULL && is_met(behind))
			add_circle(who, node, extended);
	}
}

/* --- domain aliases -------------------------------------------------------- */

static int
add_domain_alias(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct who *who = arg;
	const struct installation *in = &who->names->call->in;
	const char *real;

	if (!is_alias || domain_real_name(in, &who->names->pool,
	    slice_of(name), &real, err) == -1 ||
	    table_find(&who->domains, real) == NULL)
		return 0;
	sheet_addf(&who->sheet, "@%s", name);
	sheet_addf(&who->sheet, "domain alias: each one at %s", real);
	sheet_addf(&who->sheet, "%s/domain.%s", in->path, name);
	return 0;
}

/* --- the operation --------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a,
	    *y = *(struct node *const *)b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	int order = strcmp(x->domain->domain->name, y->domain->domain->name);
	return order != 0 ? order : strcmp(x->local, y->local);
}

static void
tell_what_is_odd(const struct names *names)
{
	const struct account *account = names->account;

	if (account->domain->conf.reject_mail)
		note("%s takes no mail but the postmaster's (reject-mail)",
		    account->domain->name);
	if (edges_forwards_all(names, names->self))
		note("%s@%s forwards all of its mail: see 'vadmin user "
		    "forward %s@%s'", account->name, account->domain->name,
		    account->name, account->domain->name);
}

static void
drop_who(struct who *who)
{
	drop_sheet(&who->sheet);
	drop_table(&who->domains);
}

int
explain_who(struct call *call, struct err *err)
{
	static const char *const heads[] = { "ADDRESS", "HOW", "WHERE", NULL };
	SCOPED(drop_names) struct names names = { 0 };
	SCOPED(drop_walk) struct walk walk = { 0 };
	SCOPED(drop_who) struct who who = { .names = &names,
	    .sheet.heads = heads };
	struct account *account;
	bool extended = false;

	if (subject_account(call, "ADDRESS", &account, err) == -1 ||
	    names_read(call, account, &names, err) == -1)
		return -1;
	tell_what_is_odd(&names);
	walk_from(&names, names.inbox, &walk);
	qsort(walk.met, walk.count, sizeof *walk.met, compare);
	for (size_t i = 0; i < walk.count; i++)
		add_node(&who, walk.met[i], &extended);
	add_circles(&who, &extended);
	if (domain_each(&call->in, &names.pool, add_domain_alias, &who,
	    err) == -1)
		return -1;
	sheet_print(&who.sheet);
	return 0;
}
