/* undo_way.c: what takes the changes back that "undo" does not. */
#include "undo_way.h"

#include <string.h>

#include "operation.h"

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

static const char *
gone(struct pool *pool, const char *const word[2])
{
	(void)pool, (void)word;
	return "none: it is gone for good";
}

static const char *
delete_imported(struct pool *pool, const char *const word[2])
{
	(void)pool, (void)word;
	return "none: 'vadmin domain delete' takes away what was imported";
}

static const struct way ways[] = {
	{ "user rename", rename_back },
	{ "domain rename", domain_rename_back },
	{ "domain delete", bring_back },
	{ "domain restore", delete_again },
	{ "domain purge", gone },
	{ NULL, delete_imported },	/* import linuxconf, postfix ... */
};

static bool
is_in_steps(const char *name)
{
	for (const struct operation *op = operations; op->name != NULL; op++)
		if (strcmp(op->name, name) == 0)
			return op->in_steps;
	return false;
}

const char *
undo_way(const struct entry_file *entry, struct pool *pool)
{
	const char *word[2] = { "", "" };
	const struct way *way = ways;

	if (!is_in_steps(entry->operation))
		return NULL;
	if (strcmp(entry->result, "done") != 0)
		return "none: repeat the command";
	for (size_t i = 0, n = 0; i < entry->words.count && n < 2; i++)
		if (strncmp(entry->words.word[i], "--", 2) != 0)
			word[n++] = entry->words.word[i];
	while (way->operation != NULL &&
	    strcmp(way->operation, entry->operation) != 0)
		way++;
	return way->back(pool, word);
}
