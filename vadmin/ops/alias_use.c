/* alias_use.c: which aliases name an account. */
#include "alias_use.h"

#include <string.h>

#include "address.h"
#include "alias_search.h"
#include "files.h"
#include "scope.h"

struct search {
	struct call		*call;
	const struct account	*account;
	/* whose file is being looked at */
	const char		*domain;
	alias_use_visitor	*visit;
	void			*arg;
};

/* Whether an address, as domain's files understand it, is the account's. */
static bool
is_account(const struct search *search, struct pool *pool, const char *text)
{
	const char *delimiter = search->call->in.conf.recipient_delimiter,
	    *real;
	struct address address;
	struct err unused;

	if (address_parse(pool, slice_of(text), &address, &unused) == -1)
		return false;
	struct slice local = slice_of(address.local),
	    name = slice_of(search->account->name);
	ptrdiff_t cut = delimiter[0] != '\0' ? slice_find(local, delimiter[0]) :
	    -1;
	struct slice base = cut > 0 ? (struct slice){ local.p, (size_t)cut } :
	    local;
	if (!slice_same(local, name) && !slice_same(base, name))
		return false;
	const char *domain = address.domain[0] != '\0' ? address.domain :
	    search->domain;
	return domain_real_name(&search->call->in, pool, slice_of(domain),
	    &real, &unused) == 0 &&
	    strcmp(real, search->account->domain->name) == 0;
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
		    is_account(search, &pool, member->text)) {
			search->visit(search->arg, search->domain, entry->name,
			    pool_format(&pool, "%s:%u", entry->file,
			    member->line));
			return 0;
		}
	}
	return 0;
}

/* It may be missing where the domain's own file is meant. */
static void
look_at_file(struct search *search, const char *file, bool own)
{
	const struct installation *in = &search->call->in;
	struct err err;

	if (alias_search_each(in, file, search->account->name, look_at_entry,
	    search, &err) == -1 && !(own && err.kind == ERR_ABSENT &&
	    !files_exists(in->dir, file)))
		note("%s: not looked at: %s", file, err.text);
}

/* What cannot be read is told, and does not stop the search. */
static int
look_at_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct search *search = arg;
	const struct installation *in = &search->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *file = pool_format(&pool, "aliases.%s", name);
	struct domain *domain;

	if (is_alias)
		return 0;
	search->domain = name;
	look_at_file(search, file, true);
	if (domain_open_listed(in, &pool, name, &domain, err) == -1) {
		note("%s: not looked at: %s", name, err->text);
		return 0;
	}
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++)
		look_at_file(search, domain->conf.extra_aliases.word[i],
		    false);
	const char *fallback = domain->conf.fallback;
	if (fallback[0] != '\0' && fallback[0] != '@' &&
	    is_account(search, &pool, fallback))
		search->visit(search->arg, name, "",
		    pool_format(&pool, "%s/%s", in->path, domain->file));
	return 0;
}

int
alias_use_each(struct call *call, const struct account *account,
    alias_use_visitor *visit, void *arg, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };
	struct search search = { .call = call, .account = account,
	    .visit = visit, .arg = arg };

	return domain_each(&call->in, &names, look_at_domain, &search, err);
}

static void
show_one(void *arg, const char *domain, const char *alias, const char *where)
{
	struct sheet *sheet = arg;

	if (alias[0] == '\0') {
		sheet_adds(sheet, "fallback-of");
		sheet_addf(sheet, "%s (%s)", domain, where);
		return;
	}
	sheet_adds(sheet, "alias");
	sheet_addf(sheet, "%s@%s (%s)", alias, domain, where);
}

int
alias_use_show(struct call *call, const struct account *account,
    struct sheet *sheet, struct err *err)
{
	return alias_use_each(call, account, show_one, sheet, err);
}

void
alias_use_warn_same(struct call *call, const struct domain *domain,
    const char *name)
{
	const char *file = pool_format(&call->pool, "aliases.%s", domain->name);
	struct alias_entry *entry;
	struct err unused;

	if (files_exists(call->in.dir, file) &&
	    alias_find(&call->in, &call->pool, file, slice_of(name), &entry,
	    &unused) == 0)
		note("%s:%u has an alias '%s': mail goes where it leads, not "
		    "to the account", entry->file, entry->line, entry->name);
}
