/* user_list.c: accounts listed and searched. */
#include <string.h>

#include "account.h"
#include "ops.h"
#include "output.h"
#include "pattern.h"
#include "scope.h"
#include "table.h"
#include "user_words.h"

struct listing {
	const char	*pattern;	/* of U@D; NULL: all */
	const char	*word;		/* a pattern of any text; NULL: all */
	/* with a word: what else the domain's accounts are found by */
	const struct user_words *words;
	struct sheet	 sheet;
	/* the domain's accounts so far, in lower case */
	struct table	 seen;
	struct pool	 names;
};

static int
list_account(void *arg, const struct account *account, struct err *err)
{
	struct listing *listing = arg;
	SCOPED(drop_str) struct str address = { 0 };

	(void)err;
	/* of lines with one name the first counts */
	if (!table_add_lower(&listing->seen, &listing->names,
	    slice_of(account->name)))
		return 0;
	if (listing->pattern != NULL &&
	    !pattern_matches_address(listing->pattern, account->name,
	    account->domain->name))
		return 0;
	str_addf(&address, "%s@%s", account->name, account->domain->name);
	if (listing->word != NULL &&
	    !pattern_finds(listing->word, str_slice(&address)) &&
	    !pattern_finds(listing->word, slice_of(account->full_name)) &&
	    !user_words_match(listing->words, account->name, listing->word))
		return 0;
	sheet_add(&listing->sheet, str_slice(&address));
	sheet_addf(&listing->sheet, "%u", (unsigned)account->ident.uid);
	sheet_adds(&listing->sheet, account->full_name);
	return 0;
}

static int
list_accounts(const struct domain *domain, struct listing *listing,
    struct err *err)
{
	int got = account_each(domain, list_account, listing, err);

	drop_table(&listing->seen);
	drop_pool(&listing->names);
	return got;
}

struct domains_listing {
	struct call	*call;
	struct listing	*listing;
};

/* A broken domain is told of, and does not hide the others. */
static int
list_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct domains_listing *all = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_user_words) struct user_words words = { 0 };
	const char *pattern = all->listing->pattern;
	const char *at = pattern != NULL ? strrchr(pattern, '@') : NULL;
	struct domain *domain;

	if (is_alias || (at != NULL &&
	    !pattern_finds(at + 1, slice_of(name))))
		return 0;
	all->listing->words = &words;
	if (domain_open(&all->call->in, &pool, slice_of(name), &domain,
	    err) == -1 || (all->listing->word != NULL &&
	    user_words_read(domain, &words, err) == -1) ||
	    list_accounts(domain, all->listing, err) == -1)
		note("%s left out: %s", name, err->text);
	return 0;
}

static const char *const heads[] = { "ACCOUNT", "UID", "NAME", NULL };

int
user_search(struct call *call, struct err *err)
{
	struct listing listing = { .sheet = { .heads = heads },
	    .word = pattern_of_part(&call->pool, call_text(call, "WORD")) };
	struct domains_listing all = { call, &listing };
	SCOPED(drop_pool) struct pool names = { 0 };
	int result = domain_each(&call->in, &names, list_domain, &all, err);

	if (result == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return result;
}

int
user_list(struct call *call, struct err *err)
{
	struct listing listing = { .sheet = { .heads = heads } };
	struct domains_listing all = { call, &listing };
	const char *given = call_text(call, "D | PATTERN");
	SCOPED(drop_pool) struct pool names = { 0 };
	struct domain *domain;
	int result;

	if (given != NULL && strchr(given, '@') == NULL &&
	    !pattern_is_one(given)) {
		result = domain_open(&call->in, &call->pool, slice_of(given),
		    &domain, err);
		if (result == 0)
			result = list_accounts(domain, &listing, err);
	} else {
		listing.pattern = given == NULL || strchr(given, '@') != NULL ?
		    given : pool_format(&call->pool, "*@%s", given);
		result = domain_each(&call->in, &names, list_domain, &all, err);
	}
	if (result == 0)
		sheet_print(&listing.sheet);
	drop_sheet(&listing.sheet);
	return result;
}
