/* who_read.c: all names that may lead to an account.
 *
 * Beginning with its own, the names that are known to lead there are looked for
 * in all alias files, round after round, until one finds no more.
 */
#include "who_names.h"

#include <string.h>

#include "fallback.h"
#include "mem.h"
#include "name.h"
#include "progress.h"
#include "scope.h"
#include "user_count.h"
#include "who_aliases.h"
#include "who_edges.h"
#include "who_forwards.h"
#include "who_land.h"

/* --- fallbacks ------------------------------------------------------------- */

static void
read_fallback(struct names *n, struct names_domain *d)
{
	const char *fallback = d->domain->conf.fallback;
	SCOPED(drop_str) struct str other = { 0 };
	struct alias_member member;
	struct err unused;

	if (fallback[0] == '@') {
		if (name_canonical_domain(slice_of(fallback + 1), &other,
		    &unused) == 0)
			d->same_at = pool_dup(&n->pool, str_slice(&other));
		return;
	}
	if (fallback[0] == '\0' || fallback_parse(&n->pool, fallback, "",
	    &member, &unused) == -1)
		return;
	d->fallback = names_node(n, NODE_FALLBACK, d, "");
	d->fallback->members = pool_alloc(&n->pool, sizeof member);
	d->fallback->members[0] = member;
	d->fallback->count = 1;
	d->fallback->file = pool_format(&n->pool, "%s/%s",
	    d->domain->in->path, d->domain->file);
	d->fallback->line = d->domain->lines.of[settings_row(domain_settings,
	    SLICE("fallback")) - domain_settings];
}

/* --- domains ----------------------------------------------------------------- */

static void
add_place(struct names *n, const char *name, bool is_alias)
{
	mem_room(&n->places, &n->room, n->count, sizeof *n->places);
	n->places[n->count++] = (struct names_place){ .name = name,
	    .is_alias = is_alias };
}

/* Those stay open whose settings will be asked for. */
static int
read_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct names *n = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (is_alias) {
		add_place(n, name, true);
		return 0;
	}
	if (domain_open_listed(&n->call->in, &pool, name, &domain,
	    err) == -1) {
		note("%s: not looked at: %s", name, err->text);
		return 0;
	}
	add_place(n, name, false);
	if (domain->conf.fallback[0] != '\0' ||
	    domain->conf.extra_aliases.count > 0) {
		struct names_domain *d = names_domain(n, name);
		if (d != NULL)
			read_fallback(n, d);
	}
	forwards_read(n, domain);
	return 0;
}

/* A domain whose postmaster is the main domain's, and no automatic answer. */
static void
add_postmaster(struct names *n, struct names_domain *d)
{
	struct names_domain *main = names_domain(n, n->call->in.main_domain);

	if (d == NULL || main == NULL || main == d ||
	    names_know(n, d, SLICE("postmaster")) ||
	    names_answer(d, SLICE("postmaster")))
		return;
	d->postmaster = names_node(n, NODE_POSTMASTER, d, "postmaster");
	d->postmaster->members = pool_alloc(&n->pool,
	    sizeof *d->postmaster->members);
	d->postmaster->members[0] = (struct alias_member){
		.kind = ALIAS_ADDRESS, .text = pool_format(&n->pool,
		"postmaster@%s", main->domain->name) };
	d->postmaster->count = 1;
}

static void
add_postmasters(struct names *n)
{
	for (size_t i = 0; n->postmasters && i < n->count; i++)
		if (!n->places[i].is_alias)
			add_postmaster(n, names_domain(n, n->places[i].name));
}

/* --- what leads on ----------------------------------------------------------- */

static bool
may_lead(struct names *n, const struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		if (names_may_lead(n, node->domain->domain->name,
		    &node->members[i]))
			return true;
	return false;
}

static void
lead_on(struct names *n, struct node *node)
{
	const char *domain = node->domain->domain->name;

	node->leads = true;
	if (node->kind == NODE_FALLBACK)
		names_catch(n, node->domain);
	else
		names_add(n, domain, slice_of(node->local));
	if (node->full_name != NULL)
		names_add(n, domain, slice_of(node->full_name));
}

/* Until nothing that is read already leads to what leads on. */
static void
settle(struct names *n)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (struct node *node = n->nodes; node != NULL;
		    node = node->next)
			if (!node->leads && may_lead(n, node)) {
				lead_on(n, node);
				changed = true;
			}
	}
}

/* --- all of it --------------------------------------------------------------- */

/* The account itself: where it lies is known by now. */
static int
begin(struct names *n, struct err *err)
{
	const struct account *account = n->account;
	SCOPED(drop_str) struct str key = { 0 };
	struct names_domain *d = names_domain(n, account->domain->name);

	if (d == NULL)
		return err_set(err, ERR_TEMPORARY, "%s changed meanwhile",
		    account->file);
	n->self->domain = n->inbox->domain = d;
	*table_at(&d->accounts, pool_lower(&n->pool,
	    slice_of(account->name))) = n->self;
	if (d->domain->conf.match_full_name &&
	    account_full_name_key(slice_of(account->full_name), &key))
		n->self->full_name = pool_dup(&n->pool, str_slice(&key));
	forwards_read_one(n, account, n->self);
	lead_on(n, n->self);
	n->inbox->leads = true;
	/* What an included file says is not seen from outside. */
	words_add_word(&n->words, "include");
	return 0;
}

int
names_read(struct call *call, const struct account *account,
    struct names *out, struct err *err)
{
	out->call = call;
	out->account = account;
	words_begin(&out->words, call->in.conf.recipient_delimiter);
	out->inbox = names_node(out, NODE_MAILBOX, NULL, account->name);
	out->self = names_node(out, NODE_ACCOUNT, NULL, account->name);
	out->self->file = account->file;
	out->self->line = account->line;
	user_count_expect(&call->in, NULL);
	int read = domain_each(&call->in, &out->pool, read_domain, out, err);
	progress_end();
	if (read == -1 || begin(out, err) == -1)
		return -1;
	for (settle(out); words_turn(&out->words); settle(out))
		aliases_look_through(out);
	add_postmasters(out);
	edges_add_all(out);
	return 0;
}

void
drop_names(struct names *n)
{
	for (struct names_domain *d = n->domains; d != NULL; d = d->next) {
		drop_table(&d->aliases);
		drop_table(&d->accounts);
		drop_table(&d->full_names);
	}
	drop_table(&n->by_name);
	drop_table(&n->real);
	drop_mem(&n->places);
	drop_words(&n->words);
	drop_pool(&n->pool);
}
