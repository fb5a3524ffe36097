/* user_words.c: what an account can be found by beside its address and name. */
#include "user_words.h"

#include "entries.h"
#include "fd.h"
#include "gecos.h"
#include "operation.h"
#include "pattern.h"
#include "profile_file.h"
#include "scope.h"
#include "user_files.h"

/* One text of an account, and the ones before it. */
struct word {
	const char	*text;
	struct word	*next;
};

static void
add(struct user_words *words, struct slice account, struct slice text)
{
	if (text.len == 0)
		return;
	void **place = table_at(&words->of, pool_lower(&words->pool, account));
	struct word *word = pool_alloc(&words->pool, sizeof *word);
	*word = (struct word){ pool_dup(&words->pool, text), *place };
	*place = word;
}

static int
add_gecos(const struct domain *domain, struct user_words *words,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_user_files) struct user_files files = { 0 };
	struct entry entry;

	if (user_files_read(domain, &pool, &files, err) == -1)
		return -1;
	struct slice rest = str_slice(&files.passwd);
	while (entries_next(&rest, &entry)) {
		if (entry.count != PASSWD_FIELDS)
			continue;
		for (enum gecos_part part = GECOS_OFFICE;
		    part <= GECOS_HOME_PHONE; part++)
			add(words, entry.field[PASSWD_NAME],
			    gecos_part(entry.field[PASSWD_GECOS], part));
	}
	return 0;
}

static void
add_profile(const struct domain *domain, int files, struct slice account,
    struct user_words *words)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *name = pool_dup(&pool, account);
	struct profile p;
	struct err err;

	int got = profile_open(domain, files, name, &fd, &err);
	if (got == 1)
		got = profile_read(fd, pool_format(&pool,
		    "the profile of %s@%s", name, domain->name), &pool, &p,
		    &err) == -1 ? -1 : 1;
	if (got == -1)
		note("%s", err.text);
	if (got != 1)
		return;
	const char *const all[] = { p.first_name, p.last_name, p.display_name,
	    p.address, p.alternative, p.title, p.mobile, p.pager, p.fax };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		add(words, account, slice_of(all[i]));
}

struct reading {
	const struct domain	*domain;
	struct user_words	*words;
};

static void
take_profile(void *arg, int files, struct slice account)
{
	const struct reading *r = arg;

	add_profile(r->domain, files, account, r->words);
}

int
user_words_read(const struct domain *domain, struct user_words *out,
    struct err *err)
{
	return add_gecos(domain, out, err) == -1 ? -1 :
	    profile_file_each(domain, take_profile,
	    &(struct reading){ domain, out }, err);
}

void
drop_user_words(struct user_words *words)
{
	drop_table(&words->of);
	drop_pool(&words->pool);
}

bool
user_words_match(const struct user_words *words, const char *account,
    const char *pattern)
{
	SCOPED(drop_str) struct str key = { 0 };

	str_addlower(&key, slice_of(account));
	for (const struct word *word = table_find(&words->of, str_text(&key));
	    word != NULL; word = word->next)
		if (pattern_finds(pattern, slice_of(word->text)))
			return true;
	return false;
}
