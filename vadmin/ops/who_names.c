/* who_names.c: all names of all domains, and what each leads to. */
#include "who_names.h"

#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "alias_places.h"
#include "fallback.h"
#include "files.h"
#include "name.h"
#include "progress.h"
#include "scope.h"
#include "user_count.h"
#include "who_edges.h"

/* Accounts that are of no interest, and full names that several have. */
static struct node somebody = { .kind = NODE_OTHER, .local = "" };
static struct node several = { .kind = NODE_OTHER, .local = "" };

static struct node *
new_node(struct names *n, enum node_kind kind, struct names_domain *domain,
    const char *local)
{
	struct node *node = pool_alloc(&n->pool, sizeof *node);

	*node = (struct node){ .kind = kind, .domain = domain,
	    .local = local, .next = n->nodes };
	n->nodes = node;
	return node;
}

/* --- aliases ------------------------------------------------------------- */

struct reading {
	struct names		*names;
	struct names_domain	*domain;
	size_t			 place;
};

/* The first file that has the name wins, and in it the last entry. */
static int
take_entry(void *arg, const struct alias_entry *entry, struct err *err)
{
	const struct reading *r = arg;
	struct pool *pool = &r->names->pool;
	void **place = table_at(&r->domain->aliases, pool_lower(pool,
	    slice_of(entry->name)));
	struct node *node = *place;

	(void)err;
	if (node != NULL && node->place != r->place)
		return 0;
	if (node == NULL)
		*place = node = new_node(r->names, NODE_ALIAS, r->domain,
		    pool_dup(pool, slice_of(entry->name)));
	node->place = r->place;
	node->file = pool_dup(pool, slice_of(entry->file));
	node->line = entry->line;
	node->count = entry->wrong == NULL ? entry->count : 0;
	node->members = pool_alloc(pool,
	    (node->count + 1) * sizeof *node->members);
	for (size_t i = 0; i < node->count; i++) {
		node->members[i] = entry->members[i];
		node->members[i].text = pool_dup(pool,
		    slice_of(entry->members[i].text));
	}
	return 0;
}

static void
read_aliases(struct names *n, struct names_domain *d)
{
	const struct installation *in = d->domain->in;
	struct reading r = { .names = n, .domain = d };
	const char *file;
	struct err err;

	for (; (file = alias_place(d->domain, &n->pool, r.place)) != NULL;
	    r.place++)
		if ((r.place > 0 || files_exists(in->dir, file)) &&
		    alias_each(in, file, take_entry, &r, &err) == -1)
			note("%s: not looked at: %s", file, err.text);
}

/* --- accounts ------------------------------------------------------------ */

static bool
is_asked_about(const struct names *n, const struct account *account)
{
	return strcmp(n->account->domain->name, account->domain->name) == 0 &&
	    slice_same(slice_of(n->account->name), slice_of(account->name));
}

static void
take_full_name(struct names *n, struct names_domain *d,
    const struct account *account, struct node *node)
{
	SCOPED(drop_str) struct str key = { 0 };

	if (!d->domain->conf.match_full_name ||
	    !account_full_name_key(slice_of(account->full_name), &key))
		return;
	const char *name = pool_dup(&n->pool, str_slice(&key));
	void **place = table_at(&d->full_names, name);
	*place = *place == NULL ? node : &several;
	if (node != &somebody)
		node->full_name = name;
}

static int
take_account(void *arg, const struct account *account, struct err *err)
{
	const struct reading *r = arg;
	struct names *n = r->names;
	void **place = table_at(&r->domain->accounts, pool_lower(&n->pool,
	    slice_of(account->name)));
	struct node *node = &somebody;

	(void)err;
	progress_account(r->domain->domain->name);
	/* The first line of a name counts. */
	if (*place != NULL)
		return 0;
	if (is_asked_about(n, account)) {
		node = n->self;
		node->domain = n->inbox->domain = r->domain;
	} else if (edges_may_forward(account)) {
		node = new_node(n, NODE_ACCOUNT, r->domain,
		    pool_dup(&n->pool, slice_of(account->name)));
		edges_read_forward(n, account, node);
	}
	*place = node;
	take_full_name(n, r->domain, account, node);
	return 0;
}

static void
read_accounts(struct names *n, struct names_domain *d)
{
	struct reading r = { .names = n, .domain = d };
	struct err err;

	if (account_each(d->domain, take_account, &r, &err) == -1)
		note("%s: accounts not looked at: %s", d->domain->name,
		    err.text);
}

/* --- what is unknown ----------------------------------------------------- */

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
	d->fallback = new_node(n, NODE_FALLBACK, d, "");
	d->fallback->members = pool_alloc(&n->pool, sizeof member);
	d->fallback->members[0] = member;
	d->fallback->count = 1;
	d->fallback->file = pool_format(&n->pool, "%s/%s",
	    d->domain->in->path, d->domain->file);
	d->fallback->line = d->domain->lines.of[settings_row(domain_settings,
	    SLICE("fallback")) - domain_settings];
}

static bool
has_auto(const struct names_domain *d, struct pool *pool, struct slice local)
{
	const struct installation *in = d->domain->in;
	const char *files = pool_format(pool, "%s/files/%s",
	    installation_path(in, pool, in->conf.spool), d->domain->name);
	struct stat st;

	return name_is_account(local) && (stat(pool_format(pool,
	    "%s/%.*s.auto", files, (int)local.len, local.p), &st) == 0 ||
	    stat(pool_format(pool, "%s/%s.auto", files, pool_lower(pool,
	    local)), &st) == 0);
}

/* --- what mail for a name meets ------------------------------------------ */

static struct node *
find(const struct table *table, struct slice local)
{
	SCOPED(drop_str) struct str key = { 0 };

	str_addlower(&key, local);
	return table_find(table, str_text(&key));
}

static struct node *
find_full_name(const struct names_domain *d, struct slice local)
{
	SCOPED(drop_str) struct str key = { 0 };

	if (!account_full_name_key(local, &key))
		return NULL;
	struct node *node = table_find(&d->full_names, str_text(&key));
	return node == &several ? NULL : node;
}

static struct slice
without_extension(const struct names_domain *d, struct slice local)
{
	const char *delimiter = d->domain->in->conf.recipient_delimiter;
	size_t len = 0;

	while (len < local.len && (delimiter[0] == '\0' ||
	    strchr(delimiter, local.p[len]) == NULL))
		len++;
	return len > 0 ? (struct slice){ local.p, len } : local;
}

static struct node *
land_account(const struct names_domain *d, struct slice local)
{
	struct node *node = find(&d->accounts, local);

	return node != NULL ? node : find_full_name(d, local);
}

static struct node *
land_name(const struct names_domain *d, struct slice local)
{
	struct node *node = find(&d->aliases, local);

	return node != NULL ? node : land_account(d, local);
}

struct node *
names_land_mailbox(struct names *n, struct names_domain *d, struct slice local)
{
	struct slice base = without_extension(d, local);
	struct node *node = land_account(d, local);

	(void)n;
	return node != NULL || base.len == local.len ? node :
	    land_account(d, base);
}

static struct node *
land_unknown(struct names *n, struct names_domain *d, struct slice local,
    bool *fallback)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (has_auto(d, &pool, local))
		return &somebody;
	if (d->postmaster != NULL && slice_same(local, SLICE("postmaster")))
		return d->postmaster;
	if (*fallback)
		return NULL;
	*fallback = d->fallback != NULL || d->same_at != NULL;
	if (d->same_at == NULL)
		return d->fallback;
	struct names_domain *other = names_domain(n, d->same_at);
	return other == NULL ? NULL : names_land(n, other, local, fallback);
}

struct node *
names_land(struct names *n, struct names_domain *d, struct slice local,
    bool *fallback)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice base = without_extension(d, local);
	struct node *node = land_name(d, local);

	if (node == NULL && base.len < local.len) {
		node = land_name(d, base);
		if (node == NULL && has_auto(d, &pool, base))
			return &somebody;
	}
	return node != NULL ? node : land_unknown(n, d, local, fallback);
}

/* --- all of it ----------------------------------------------------------- */

static int
read_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct names *n = arg;
	struct names_domain *d = pool_alloc(&n->pool, sizeof *d);
	struct domain *domain;

	if (is_alias)
		return 0;
	if (domain_open(&n->call->in, &n->pool, slice_of(name), &domain,
	    err) == -1) {
		note("%s: not looked at: %s", name, err->text);
		return 0;
	}
	*d = (struct names_domain){ .domain = domain, .next = n->domains };
	n->domains = d;
	*table_at(&n->by_name, domain->name) = d;
	read_aliases(n, d);
	read_accounts(n, d);
	read_fallback(n, d);
	return 0;
}

struct names_domain *
names_domain(struct names *n, const char *domain)
{
	struct names_domain *d = table_find(&n->by_name, domain);
	const char *real;
	struct err unused;

	if (d != NULL)
		return d;
	return domain_real_name(&n->call->in, &n->pool, slice_of(domain),
	    &real, &unused) == 0 ? table_find(&n->by_name, real) : NULL;
}

/* A domain whose postmaster is the main domain's. */
static void
add_postmaster(struct names *n, struct names_domain *d)
{
	struct names_domain *main = names_domain(n, n->call->in.main_domain);

	if (main == NULL || main == d ||
	    land_name(d, SLICE("postmaster")) != NULL)
		return;
	d->postmaster = new_node(n, NODE_POSTMASTER, d, "postmaster");
	d->postmaster->members = pool_alloc(&n->pool,
	    sizeof *d->postmaster->members);
	d->postmaster->members[0] = (struct alias_member){
		.kind = ALIAS_ADDRESS, .text = pool_format(&n->pool,
		"postmaster@%s", main->domain->name) };
	d->postmaster->count = 1;
}

int
names_read(struct call *call, const struct account *account,
    struct names *out, struct err *err)
{
	out->call = call;
	out->account = account;
	out->inbox = new_node(out, NODE_MAILBOX, NULL, account->name);
	out->self = new_node(out, NODE_ACCOUNT, NULL, account->name);
	out->self->file = account->file;
	out->self->line = account->line;
	user_count_expect(&call->in, NULL);
	int read = domain_each(&call->in, &out->pool, read_domain, out, err);
	progress_end();
	if (read == -1)
		return -1;
	if (out->self->domain == NULL)
		return err_set(err, ERR_TEMPORARY, "%s changed meanwhile",
		    account->file);
	edges_read_forward(out, account, out->self);
	for (struct names_domain *d = out->domains; d != NULL; d = d->next)
		add_postmaster(out, d);
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
	drop_pool(&n->pool);
}
