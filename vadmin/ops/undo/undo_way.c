/* undo_way.c: the command that does the opposite of an operation in several
 * steps, as things are now. */
#include "undo_way.h"

#include <string.h>

struct way {
	const char	*operation;
	/* with the words that it was given, options left out */
	const char	*(*back)(struct pool *pool, const char *const word[2]);
};

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
	{ "user rename", rename_back },
	{ "domain rename", domain_rename_back },
	{ "domain delete", bring_back },
	{ "domain restore", delete_again },
	{ NULL, NULL },
};

const char *
undo_way(const struct entry_file *entry, struct pool *pool)
{
	const char *word[2] = { "", "" };
	const struct way *way = ways;

	while (way->operation != NULL &&
	    strcmp(way->operation, entry->operation) != 0)
		way++;
	for (size_t i = 0, n = 0; i < entry->words.count && n < 2; i++)
		if (strncmp(entry->words.word[i], "--", 2) != 0)
			word[n++] = entry->words.word[i];
	return way->operation != NULL ? way->back(pool, word) : NULL;
}

bool
undo_way_only(const struct entry_file *entry, struct pool *pool)
{
	return strcmp(entry->version, "1") == 0 &&
	    undo_way(entry, pool) != NULL;
}
