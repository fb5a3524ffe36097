/* domain_holdings.c: what a domain holds, and what leads to it. */
#include "domain_holdings.h"

#include <string.h>

#include "account.h"
#include "aliases.h"
#include "domain_extra.h"
#include "files.h"
#include "mail_size.h"
#include "mem.h"
#include "references.h"
#include "scope.h"

void
drop_holdings(struct holdings *h)
{
	drop_mem(&h->uids);
}

static int
count_account(void *arg, const struct account *account, struct err *err)
{
	struct holdings *h = arg;

	(void)err;
	if (h->accounts == h->room) {
		h->room = h->room ? 2 * h->room : 64;
		h->uids = mem_grow(h->uids, h->room, sizeof *h->uids);
	}
	h->uids[h->accounts++] = account->ident.uid;
	if (h->measures)
		h->bytes += mail_size(account);
	return 0;
}

static int
count_alias(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct holdings *h = arg;

	(void)entry;
	(void)err;
	h->aliases++;
	return 0;
}

static int
tell_domain_alias(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct holdings *h = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;

	if (is_alias && domain_real_name(h->domain->in, &pool, slice_of(name),
	    &real, err) == 0 && strcmp(real, h->domain->name) == 0)
		note("the domain alias %s goes with it", name);
	return 0;
}

/* What of other domains leads to it; what is its own goes with it. */
static bool
tell_reference(void *arg, struct pool *pool, const struct reference *at,
    struct alias_member *new)
{
	const struct holdings *h = arg;
	struct slice text = slice_of(at->member->text);
	ptrdiff_t sign = slice_find_last(text, '@');
	const char *real;
	struct err unused;

	(void)new;
	if (sign == -1 || strcmp(at->domain, h->domain->name) == 0)
		return false;
	struct slice domain = slice_from(text, (size_t)sign + 1);
	if (slice_ends(domain, ">"))
		domain.len--;
	if (domain_real_name(h->domain->in, pool, domain, &real,
	    &unused) == -1 || strcmp(real, h->domain->name) != 0)
		return false;
	const char *what = at->kind == REFERENCE_FALLBACK ? "fallback of " :
	    at->kind == REFERENCE_FORWARD ? "forward of " : "alias ";
	note("the %s%s%s%s leads to %s (%s)%s", what, at->name,
	    at->name[0] != '\0' ? "@" : "", at->domain, at->member->text,
	    at->where, at->only ? ", and nobody else: its mail will be refused" :
	    "");
	return false;
}

/* A file that is missing is temporary: nothing of that domain arrives. */
static int
tell_extra(void *arg, const char *name, bool is_alias, struct err *err)
{
	const struct holdings *h = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;
	struct slice unused;

	if (is_alias || strcmp(name, h->domain->name) == 0 ||
	    domain_open_listed(&h->call->in, &pool, name, &domain, err) == -1)
		return 0;
	for (size_t i = 0; i < domain->conf.extra_aliases.count; i++) {
		const char *file = domain->conf.extra_aliases.word[i];
		if (domain_extra_is(&h->call->in, file, h->domain->name,
		    &unused))
			note("extra-aliases of %s has %s: all mail of %s will "
			    "wait until that is taken out", name, file, name);
	}
	return 0;
}

int
holdings_count(struct holdings *h, struct err *err)
{
	const struct domain *domain = h->domain;
	const char *aliases = pool_format(&h->call->pool, "aliases.%s",
	    domain->name);

	if (files_exists(domain->in->dir, pool_format(&h->call->pool,
	    "passwd.%s", domain->name)) && account_each(domain, count_account,
	    h, err) == -1)
		return -1;
	return files_exists(domain->in->dir, aliases) ? alias_each(domain->in,
	    aliases, count_alias, h, err) : 0;
}

int
holdings_tell(struct holdings *h, struct err *err)
{
	SCOPED(drop_pool) struct pool names = { 0 };

	note("%s has %zu account%s, %zu alias%s and %llu bytes of mail",
	    h->domain->name, h->accounts, h->accounts == 1 ? "" : "s",
	    h->aliases, h->aliases == 1 ? "" : "es",
	    (unsigned long long)h->bytes);
	if (domain_each(&h->call->in, &names, tell_domain_alias, h,
	    err) == -1 ||
	    domain_each(&h->call->in, &names, tell_extra, h, err) == -1)
		return -1;
	return references_each(h->call, NULL, tell_reference, h, err);
}
