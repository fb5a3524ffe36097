/* who_names.c: what each name leads to. */
#include "who_names.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "alias_places.h"
#include "fd.h"
#include "file.h"
#include "index.h"
#include "name.h"
#include "scope.h"

/* Names that are of no interest, that are not there, and full names that
 * several have. */
static struct node somebody = { .kind = NODE_OTHER, .local = "" };
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

/* NULL: none of ours. */
static const char *
real_name(struct names *n, const char *domain)
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
	const char *real = real_name(n, given);
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
	return found == -1 && err->kind == ERR_ABSENT ? &nobody : &somebody;
}

/* An alias that may lead to the account is known. */
static struct node *
find_alias(struct names *n, struct names_domain *d, struct slice local)
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
static struct node *
find_account(struct names *n, struct names_domain *d, struct slice local)
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
	struct node *node = find_account(n, d, slice_of(account->name));
	return node != NULL ? node : &somebody;
}

static struct node *
find_full_name(struct names *n, struct names_domain *d, struct slice local)
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
		*at(r->names, &r->domain->aliases, key) = &somebody;
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
		*at(r->names, &d->accounts, name) = known = &somebody;
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

/* --- what mail for a name meets ------------------------------------------ */

bool
names_answer(const struct names_domain *d, struct slice local)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = d->domain->in;
	const char *files = pool_format(&pool, "%s/files/%s",
	    installation_path(in, &pool, in->conf.spool), d->domain->name);
	struct stat st;

	return name_is_account(local) && (stat(pool_format(&pool,
	    "%s/%.*s.auto", files, (int)local.len, local.p), &st) == 0 ||
	    stat(pool_format(&pool, "%s/%s.auto", files, pool_lower(&pool,
	    local)), &st) == 0);
}

static struct node *
land_account(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = find_account(n, d, local);

	return node != NULL ? node : find_full_name(n, d, local);
}

static struct node *
land_name(struct names *n, struct names_domain *d, struct slice local)
{
	struct node *node = find_alias(n, d, local);

	return node != NULL ? node : land_account(n, d, local);
}

bool
names_know(struct names *n, struct names_domain *d, struct slice local)
{
	return land_name(n, d, local) != NULL;
}

static struct slice
base_of(const struct names *n, struct slice local)
{
	return words_base(n->call->in.conf.recipient_delimiter, local);
}

struct node *
names_land_mailbox(struct names *n, struct names_domain *d, struct slice local)
{
	struct slice base = base_of(n, local);
	struct node *node = land_account(n, d, local);

	return node != NULL || base.len == local.len ? node :
	    land_account(n, d, base);
}

/* The main domain's, where the domain has none; NULL: it is the main one.
 * Nobody made a node of it where that one is of no interest. */
static struct node *
postmaster_of(struct names *n, const struct names_domain *d)
{
	struct names_domain *main = names_domain(n, n->call->in.main_domain);

	if (main == NULL || main == d)
		return NULL;
	return d->postmaster != NULL ? d->postmaster : &somebody;
}

static struct node *
land_unknown(struct names *n, struct names_domain *d, struct slice local,
    bool *fallback)
{
	struct node *postmaster;

	if (names_answer(d, local))
		return &somebody;
	if (slice_same(local, SLICE("postmaster")) &&
	    (postmaster = postmaster_of(n, d)) != NULL)
		return postmaster;
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
	struct slice base = base_of(n, local);
	struct node *node = land_name(n, d, local);

	if (node == NULL && base.len < local.len) {
		node = land_name(n, d, base);
		if (node == NULL && names_answer(d, base))
			return &somebody;
	}
	return node != NULL ? node : land_unknown(n, d, local, fallback);
}

/* --- what may lead to the account ------------------------------------------ */

static bool
is_postmaster(const struct names *n, struct slice local)
{
	return n->postmasters && slice_same(base_of(n, local),
	    SLICE("postmaster"));
}

/* A domain whose fallback is the same name elsewhere has all names of there. */
bool
names_have(struct names *n, const char *domain, struct slice local)
{
	const struct names_domain *d = table_find(&n->by_name, domain);
	const char *other = d == NULL || d->same_at == NULL ? NULL :
	    real_name(n, d->same_at);

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
	const char *main = real_name(n, n->call->in.main_domain);
	if (main == NULL || strcmp(main, domain) != 0)
		return;
	n->postmasters = true;
	words_add_word(&n->words, "postmaster");
}

bool
names_may_lead(struct names *n, const char *domain,
    const struct alias_member *member)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address;
	struct err unused;

	if ((member->kind != ALIAS_ADDRESS && member->kind != ALIAS_MAILBOX) ||
	    address_parse(&pool, slice_of(member->text), &address,
	    &unused) == -1)
		return false;
	struct slice local = slice_of(address.local);
	if (!n->catches && !words_have_name(&n->words, local))
		return false;
	if (address.domain[0] != '\0')
		domain = real_name(n, address.domain);
	if (domain == NULL || names_have(n, domain, local))
		return domain != NULL;
	struct names_domain *d = table_find(&n->by_name, domain);
	return d != NULL && d->caught && !names_know(n, d, local) &&
	    !names_know(n, d, base_of(n, local));
}
