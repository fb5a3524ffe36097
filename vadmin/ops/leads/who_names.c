/* who_names.c: what the names of a domain are. */
#include "who_names.h"

#include <fcntl.h>
#include <string.h>

#include "alias_places.h"
#include "fd.h"
#include "file.h"
#include "index.h"
#include "scope.h"

/* Names that are of no interest, that are not there, and full names that
 * several have. */
struct node names_somebody = { .kind = NODE_OTHER, .local = "" };
static struct node nobody = { .kind = NODE_OTHER, .local = "" };
static struct node several = { .kind = NODE_OTHER, .local = "" };

struct node *
names_node(struct names *n, enum node_kind kind, struct names_domain *domain,
    const char *local)
{
	struct node *node = pool_alloc(&n->pool, sizeof *node);

	*node = (struct node){ .kind = kind, .domain = domain,
	    .local = local, .next = n->nodes };
	n->nodes = node;
	return node;
}

/* --- domains ------------------------------------------------------------- */

const char *
names_real(struct names *n, const char *domain)
{
	static const char none[] = "";
	const char *real;
	struct err unused;

	if (table_find(&n->by_name, domain) != NULL)
		return domain;
	real = table_find(&n->real, domain);
	if (real == NULL) {
		if (domain_real_name(&n->call->in, &n->pool, slice_of(domain),
		    &real, &unused) == -1)
			real = none;
		*table_at(&n->real, pool_dup(&n->pool, slice_of(domain))) =
		    (void *)(uintptr_t)real;
	}
	return real == none ? NULL : real;
}

struct names_domain *
names_domain(struct names *n, const char *given)
{
	const char *real = names_real(n, given);
	struct names_domain *d = real == NULL ? NULL :
	    table_find(&n->by_name, real);
	struct domain *domain;
	struct err unused;

	if (real == NULL || d != NULL || domain_open(&n->call->in, &n->pool,
	    slice_of(real), &domain, &unused) == -1)
		return d;
	d = pool_alloc(&n->pool, sizeof *d);
	*d = (struct names_domain){ .domain = domain, .next = n->domains };
	n->domains = d;
	*table_at(&n->by_name, domain->name) = d;
	return d;
}

/* --- one table ------------------------------------------------------------- */

static void **
at(struct names *n, struct table *table, struct slice key)
{
	return table_at(table, pool_lower(&n->pool, key));
}

static struct node *
find(const struct table *table, struct slice local)
{
	SCOPED(drop_str) struct str key = { 0 };

	str_addlower(&key, local);
	return table_find(table, str_text(&key));
}

static struct node *
unless_nobody(struct node *node)
{
	return node == &nobody || node == &several ? NULL : node;
}

/* --- what is looked up ----------------------------------------------------- */

/* One that is named and cannot be served is somebody. */
static struct node *
somebody_unless(int found, const struct err *err)
{
	return found == -1 && err->kind == ERR_ABSENT ? &nobody :
	    &names_somebody;
}

/* One that may lead to the account is known. */
struct node *
names_alias(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = find(&d->aliases, local);
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry;
	struct err err;

	if (node == NULL && !d->complete &&
	    !names_have(n, d->domain->name, local))
		*at(n, &d->aliases, local) = node = somebody_unless(
		    alias_places_find(d->domain, &pool, pool_dup(&pool, local),
		    &entry, &err), &err);
	return unless_nobody(node);
}

/* So is an account that forwards. */
struct node *
names_account(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = find(&d->accounts, local);
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *account;
	struct err err;

	if (node == NULL && !d->complete)
		*at(n, &d->accounts, local) = node = somebody_unless(
		    account_find(d->domain, &pool, local, &account, &err),
		    &err);
	return unless_nobody(node);
}

static struct node *
ask_full_name(struct names *n, struct names_domain *d, struct slice local)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *account;
	bool unused;
	struct err err;

	if (account_find_full_name(d->domain, &pool, local, &account, &unused,
	    &err) == -1)
		return somebody_unless(-1, &err);
	struct node *node = names_account(n, d, slice_of(account->name));
	return node != NULL ? node : &names_somebody;
}

struct node *
names_full_name(struct names *n, struct names_domain *d, struct slice local)
{
	SCOPED(drop_str) struct str key = { 0 };

	if (!d->domain->conf.match_full_name ||
	    !account_full_name_key(local, &key))
		return NULL;
	struct node *node = table_find(&d->full_names, str_text(&key));
	if (node == NULL && !d->complete)
		*at(n, &d->full_names, str_slice(&key)) = node =
		    ask_full_name(n, d, local);
	return unless_nobody(node);
}

/* --- all names of a domain ------------------------------------------------- */

struct reading {
	struct names		*names;
	struct names_domain	*domain;
};

static int
take_alias_name(void *arg, enum index_kind kind, struct slice key,
    const struct textindex_place *place, struct err *err)
{
	const struct reading *r = arg;
	struct node *known = find(&r->domain->aliases, key);

	(void)kind;
	(void)place;
	(void)err;
	if (known == NULL || known == &nobody)
		*at(r->names, &r->domain->aliases, key) = &names_somebody;
	return 0;
}

static int
take_account_name(void *arg, const struct account *account, struct err *err)
{
	const struct reading *r = arg;
	struct names_domain *d = r->domain;
	struct slice name = slice_of(account->name);
	SCOPED(drop_str) struct str key = { 0 };
	struct node *known = find(&d->accounts, name);

	(void)err;
	if (known == NULL || known == &nobody)
		*at(r->names, &d->accounts, name) = known = &names_somebody;
	if (d->domain->conf.match_full_name &&
	    account_full_name_key(slice_of(account->full_name), &key)) {
		void **place = at(r->names, &d->full_names, str_slice(&key));
		*place = *place == NULL ? known : &several;
	}
	return 0;
}

static void
read_alias_names(struct reading *r, const char *file)
{
	const struct installation *in = &r->names->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if (file_open(AT_FDCWD, installation_path(in, &pool, file), 0, &fd,
	    NULL, &err) == 0)
		alias_scan_names(fd, 0, take_alias_name, r, &err);
}

static void
read_all_names(struct names *n, struct names_domain *d)
{
	struct reading r = { n, d };
	const char *file;
	struct err unused;

	drop_table(&d->full_names);
	for (size_t i = 0; (file = alias_place(d->domain, &n->pool, i)) !=
	    NULL; i++)
		read_alias_names(&r, file);
	account_each(d->domain, take_account_name, &r, &unused);
	d->complete = true;
}

/* Once for all: which domain an alias leads to makes little difference. */
static void
add_domain_aliases(struct names *n)
{
	for (size_t i = 0; !n->catches && i < n->count; i++)
		if (n->places[i].is_alias)
			words_add_domain(&n->words, n->places[i].name);
}

void
names_catch(struct names *n, struct names_domain *d)
{
	if (!d->complete)
		read_all_names(n, d);
	add_domain_aliases(n);
	d->caught = d->unread = n->catches = true;
	words_add_domain(&n->words, d->domain->name);
}

/* --- what may lead to the account ------------------------------------------ */

struct slice
names_base(const struct names *n, struct slice local)
{
	return words_base(n->call->in.conf.recipient_delimiter, local);
}

static bool
is_postmaster(const struct names *n, struct slice local)
{
	return n->postmasters && slice_same(names_base(n, local),
	    SLICE("postmaster"));
}

/* A domain whose fallback is the same name elsewhere has all names of there. */
bool
names_have(struct names *n, const char *domain, struct slice local)
{
	const struct names_domain *d = table_find(&n->by_name, domain);
	const char *other = d == NULL || d->same_at == NULL ? NULL :
	    names_real(n, d->same_at);

	return words_have(&n->words, local, domain) ||
	    is_postmaster(n, local) || (other != NULL &&
	    words_have(&n->words, local, other));
}

void
names_add(struct names *n, const char *domain, struct slice local)
{
	words_add(&n->words, local, domain);
	if (n->postmasters || !slice_same(local, SLICE("postmaster")))
		return;
	const char *main = names_real(n, n->call->in.main_domain);
	if (main == NULL || strcmp(main, domain) != 0)
		return;
	n->postmasters = true;
	words_add_word(&n->words, "postmaster");
}
