/* undo_way.c: the command that does the opposite of an operation in several
 * steps, as things are now. */
#include "undo_way.h"

#include <string.h>

#include "account.h"
#include "domain.h"

struct way {
	const char	*operation;
	/* whether the name that the first word was has another owner by now */
	bool		 (*is_taken)(struct call *call,
			    const char *const word[2]);
	/* with the words that it was given, options left out */
	const char	*(*back)(struct pool *pool, const char *const word[2]);
};

static bool
is_account(struct call *call, const char *const word[2])
{
	struct slice local = slice_of(word[0]);
	ptrdiff_t at = slice_find_last(local, '@');
	struct slice name = at == -1 ? slice_of(call->in.main_domain) :
	    slice_from(local, (size_t)at + 1);
	struct account *account;
	struct domain *domain;
	struct err unused;

	if (at != -1)
		local.len = (size_t)at;
	return domain_open(&call->in, &call->pool, name, &domain,
	    &unused) == 0 && account_find(domain, &call->pool, local, &account,
	    &unused) == 0;
}

static bool
is_domain(struct call *call, const char *const word[2])
{
	const char *real;
	struct err unused;

	return domain_real_name(&call->in, &call->pool, slice_of(word[0]),
	    &real, &unused) == 0;
}

/* That it is an alias of what it became is in nobody's way. */
static bool
is_other_domain(struct call *call, const char *const word[2])
{
	const char *real, *now;
	struct err unused;

	return domain_real_name(&call->in, &call->pool, slice_of(word[0]),
	    &real, &unused) == 0 && (domain_real_name(&call->in, &call->pool,
	    slice_of(word[1]), &now, &unused) == -1 || strcmp(real, now) != 0);
}

static bool
is_nobodys(struct call *call, const char *const word[2])
{
	(void)call;
	(void)word;
	return false;
}

/* "carlos", or "carlos@example.net" */
static const char *
rename_back(struct pool *pool, const char *const word[2])
{
	struct slice old = slice_of(word[0]), now = slice_of(word[1]), domain;
	ptrdiff_t at = slice_find_last(old, '@');

	domain = at == -1 ? SLICE("") : slice_from(old, (size_t)at);
	if (at != -1)
		old.len = (size_t)at;
	if ((at = slice_find_last(now, '@')) != -1)
		now.len = (size_t)at;
	return pool_format(pool, "vadmin user rename %.*s%.*s %.*s",
	    (int)now.len, now.p, (int)domain.len, domain.p, (int)old.len,
	    old.p);
}

static const char *
domain_rename_back(struct pool *pool, const char *const word[2])
{
	return pool_format(pool, "vadmin domain rename %s %s", word[1],
	    word[0]);
}

static const char *
bring_back(struct pool *pool, const char *const word[2])
{
	return pool_format(pool, "vadmin domain restore %s", word[0]);
}

static const char *
delete_again(struct pool *pool, const char *const word[2])
{
	return pool_format(pool, "vadmin domain delete %s --with-accounts",
	    word[0]);
}

static const struct way ways[] = {
	{ "user rename", is_account, rename_back },
	{ "domain rename", is_other_domain, domain_rename_back },
	{ "domain delete", is_domain, bring_back },
	{ "domain restore", is_nobodys, delete_again },
	{ NULL, NULL, NULL },
};

/* NULL: there is none. */
static const struct way *
find_way(const struct entry_file *entry, const char *word[2])
{
	const struct way *way = ways;

	while (way->operation != NULL &&
	    strcmp(way->operation, entry->operation) != 0)
		way++;
	word[0] = word[1] = "";
	for (size_t i = 0, n = 0; i < entry->words.count && n < 2; i++)
		if (strncmp(entry->words.word[i], "--", 2) != 0)
			word[n++] = entry->words.word[i];
	return way->operation != NULL ? way : NULL;
}

const char *
undo_way(const struct entry_file *entry, struct pool *pool)
{
	const char *word[2];
	const struct way *way = find_way(entry, word);

	return way != NULL ? way->back(pool, word) : NULL;
}

const char *
undo_way_when(const struct entry_file *entry, struct call *call)
{
	const char *word[2];
	const struct way *way = find_way(entry, word);

	if (way == NULL)
		return NULL;
	return pool_format(&call->pool, "'%s' does it %s",
	    way->back(&call->pool, word), !way->is_taken(call, word) ?
	    "as things are now" : pool_format(&call->pool,
	    "when %s is renamed or deleted", word[0]));
}

bool
undo_way_only(const struct entry_file *entry, struct pool *pool)
{
	return strcmp(entry->version, "1") == 0 &&
	    undo_way(entry, pool) != NULL;
}
