/* alias_use.c: which aliases lead to an account, from one to the next. */
#include "alias_use.h"

#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "alias_claims.h"
#include "alias_places.h"
#include "alias_search.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "table.h"
#include "who_words.h"

/* A name that leads to the account: its own, its full name, an alias's. */
struct goal {
	const char	*domain, *name;
	/* as it may be spelt */
	const char	*word;
	bool		 is_account, is_full_name;
	struct goal	*next;
	struct goal	*same;		/* the next of its name */
};

struct search {
	struct call		*call;
	struct sheet		*sheet;
	struct pool		 pool;		/* of goals */
	struct table		 seen;		/* NAME@DOMAIN */
	/* what is looked for in this round, and in the next one */
	struct goal		*now, *found;
	struct table		 by_name;	/* those of now, in lower case */
	bool			 full_names;	/* some of now are such */
	/* whose file is being looked at, and what leads there */
	const char		*domain;
	struct alias_claims	 claims;
};

static void
drop_search(struct search *search)
{
	drop_table(&search->seen);
	drop_table(&search->by_name);
	drop_alias_claims(&search->claims);
	drop_pool(&search->pool);
}

static void
add_goal(struct search *search, struct goal goal)
{
	struct goal *added = pool_alloc(&search->pool, sizeof *added);

	*added = goal;
	added->next = search->found;
	search->found = added;
}

/* What was found is looked for: thousands of aliases may lead to one. */
static void
next_round(struct search *search)
{
	search->now = search->found;
	search->found = NULL;
	search->full_names = false;
	drop_table(&search->by_name);
	for (struct goal *g = search->now; g != NULL; g = g->next) {
		void **slot = table_at(&search->by_name, pool_lower(
		    &search->pool, slice_of(g->name)));
		g->same = *slot;
		*slot = g;
		search->full_names |= g->is_full_name;
	}
}

/* False: it was. */
static bool
is_new(struct search *search, const char *name)
{
	void **slot = table_at(&search->seen, pool_format(&search->pool,
	    "%s@%s", pool_lower(&search->pool, slice_of(name)),
	    search->domain));
	bool was = *slot != NULL;

	*slot = search;
	return !was;
}

/* --- what a member means -------------------------------------------------- */

static bool
is_full_name(struct slice local, const char *key)
{
	SCOPED(drop_str) struct str folded = { 0 };

	return account_full_name_key(local, &folded) &&
	    strcmp(str_text(&folded), key) == 0;
}

struct meant {
	const struct search	*search;
	struct pool		*pool;
	struct slice		 domain;
	enum alias_kind		 kind;
};

static bool
is_meant(const struct meant *m, const struct goal *g)
{
	const char *real;
	struct err unused;

	return (g->is_account || m->kind != ALIAS_MAILBOX) &&
	    domain_real_name(&m->search->call->in, m->pool, m->domain, &real,
	    &unused) == 0 && strcmp(real, g->domain) == 0;
}

static bool
means_name(const struct meant *m, struct slice name)
{
	for (const struct goal *g = table_find(&m->search->by_name,
	    pool_lower(m->pool, name)); g != NULL; g = g->same)
		if (!g->is_full_name && is_meant(m, g))
			return true;
	return false;
}

static bool
means_full_name(const struct meant *m, struct slice name)
{
	for (const struct goal *g = m->search->full_names ? m->search->now :
	    NULL; g != NULL; g = g->next)
		if (g->is_full_name && is_full_name(name, g->name) &&
		    is_meant(m, g))
			return true;
	return false;
}

/* Whether a member, as its domain's files understand it, leads to a goal; "\name"
 * only to the account itself. */
static bool
leads(const struct search *search, struct pool *pool, const char *text,
    enum alias_kind kind)
{
	const struct installation *in = &search->call->in;
	struct address address;
	struct err unused;

	if (address_parse(pool, slice_of(text), &address, &unused) == -1)
		return false;
	struct slice local = slice_of(address.local),
	    base = words_base(in->conf.recipient_delimiter, local);
	const struct meant m = { search, pool, slice_of(
	    address.domain[0] != '\0' ? address.domain : search->domain),
	    kind };
	return means_name(&m, local) || means_name(&m, base) ||
	    means_full_name(&m, local) || means_full_name(&m, base);
}

static void
show_alias(struct search *search, const struct alias_claim *claim)
{
	if (!claim->counts || !is_new(search, claim->name))
		return;
	sheet_adds(search->sheet, "alias");
	sheet_addf(search->sheet, "%s@%s (%s:%u)", claim->name, search->domain,
	    claim->file, claim->member);
	const char *name = pool_dup(&search->pool, slice_of(claim->name));
	add_goal(search, (struct goal){ .name = name, .word = name,
	    .domain = pool_dup(&search->pool, slice_of(search->domain)) });
}

/* Another entry of the name, behind it or in a file before, may count instead.
 * NULL: that domain is broken, which is told. */
static void
show_aliases(struct search *search, const struct domain *domain)
{
	if (domain != NULL)
		alias_claims_judge(&search->claims, domain);
	for (size_t i = 0; i < search->claims.count; i++)
		show_alias(search, &search->claims.all[i]);
	drop_alias_claims(&search->claims);
	search->claims = (struct alias_claims){ 0 };
}

static int
look_at_entry(void *arg, const struct alias_entry *entry,
    const struct alias_extent *extent, struct err *err)
{
	struct search *search = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };

	(void)extent;
	(void)err;
	for (size_t i = 0; entry->wrong == NULL && i < entry->count; i++) {
		const struct alias_member *member = &entry->members[i];
		if ((member->kind == ALIAS_ADDRESS ||
		    member->kind == ALIAS_MAILBOX) &&
		    leads(search, &pool, member->text, member->kind)) {
			alias_claims_add(&search->claims, entry,
			    member->line);
			return 0;
		}
	}
	return 0;
}

/* --- where they stand ----------------------------------------------------- */

/* A large file is asked for each of a few goals, which its index tells; any other
 * one is read. */
static int
look_through(struct search *search, const char *file, int fd, struct err *err)
{
	enum { FEW = 64 };
	const struct installation *in = &search->call->in;
	size_t count = 0;
	struct stat st;

	for (const struct goal *g = search->now; g != NULL; g = g->next)
		count++;
	if (fstat(fd, &st) == -1)
		return err_sys(err, "look at it");
	if (count > FEW || (uint64_t)st.st_size < in->conf.index_from)
		return alias_search_file(in, file, fd, INDEX_MEMBER,
		    count == 1 ? search->now->word : NULL, look_at_entry,
		    search, err);
	for (const struct goal *g = search->now; g != NULL; g = g->next)
		if (alias_search_file(in, file, fd, INDEX_MEMBER, g->word,
		    look_at_entry, search, err) == -1)
			return -1;
	return 0;
}

/* aliases.D may be missing. */
static void
look_at_file(struct search *search, const char *file, bool may_be_missing)
{
	const struct installation *in = &search->call->in;
	SCOPED(drop_fd) int fd = -1;
	struct err err;
	int got = file_open(in->dir, file, 0, &fd, NULL, &err);

	if (got == 0)
		got = look_through(search, file, fd, &err);
	else if (err.kind == ERR_ABSENT && may_be_missing)
		return;
	if (got == -1)
		note("%s: not looked at: %s", file, err.text);
}

static void
look_at_fallback(struct search *search, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *fallback = domain->conf.fallback;

	if (fallback[0] == '\0' || fallback[0] == '@' ||
	    !leads(search, &pool, fallback, ALIAS_ADDRESS) ||
	    !is_new(search, ""))
		return;
	sheet_adds(search->sheet, "fallback-of");
	sheet_addf(search->sheet, "%s (%s/%s)", domain->name,
	    domain->in->path, domain->file);
}

/* What cannot be read is told, and does not stop the search. */
static int
look_at_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct search *search = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;

	if (is_alias)
		return 0;
	search->domain = name;
	look_at_file(search, pool_format(&pool, "aliases.%s", name), true);
	if (domain_open_listed(&search->call->in, &pool, name, &domain,
	    err) == -1) {
		note("%s: not looked at: %s", name, err->text);
		show_aliases(search, NULL);
		return 0;
	}
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++)
		look_at_file(search, domain->conf.extra_aliases.word[i], false);
	show_aliases(search, domain);
	look_at_fallback(search, domain);
	return 0;
}

/* --- the whole ------------------------------------------------------------ */

/* Between its words there may be a dot or a line below; with blanks or a mixture
 * of them hardly anybody writes an address. */
static void
add_full_name(struct search *search, const struct account *account)
{
	SCOPED(drop_str) struct str key = { 0 };

	if (!account->domain->conf.match_full_name ||
	    !account_full_name_key(slice_of(account->full_name), &key))
		return;
	const char *name = pool_dup(&search->pool, str_slice(&key));
	char *other = pool_dup(&search->pool, str_slice(&key));
	for (char *p = other; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	add_goal(search, (struct goal){ .domain = account->domain->name,
	    .name = name, .word = name, .is_full_name = true });
	add_goal(search, (struct goal){ .domain = account->domain->name,
	    .name = name, .word = other, .is_full_name = true });
}

int
alias_use_show(struct call *call, const struct account *account,
    struct sheet *sheet, struct err *err)
{
	SCOPED(drop_search) struct search search = { .call = call,
	    .sheet = sheet };
	uint64_t rounds = call->in.conf.max_alias_depth;

	add_goal(&search, (struct goal){ .domain = account->domain->name,
	    .name = account->name, .word = account->name, .is_account = true });
	add_full_name(&search, account);
	while (search.found != NULL && rounds-- > 0) {
		SCOPED(drop_pool) struct pool names = { 0 };
		next_round(&search);
		if (domain_each(&call->in, &names, look_at_domain, &search,
		    err) == -1)
			return -1;
	}
	return 0;
}

void
alias_use_warn_same(struct call *call, const struct domain *domain,
    const char *name)
{
	struct alias_entry *entry;
	struct err unused;

	if (alias_places_find(domain, &call->pool, name, &entry,
	    &unused) == 0)
		note("%s:%u has an alias '%s': mail goes where it leads, not "
		    "to the account", entry->file, entry->line, entry->name);
}
