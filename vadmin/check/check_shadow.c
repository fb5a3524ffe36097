/* check_shadow.c: findings in shadow.D: lines that do not count, and passwords
 * that nobody can enter. */
#include "account.h"
#include "check.h"
#include "entries.h"
#include "files.h"
#include "password.h"
#include "scope.h"
#include "table.h"

struct shadow_check {
	struct check		*check;
	const struct domain	*domain;
	const char		*file;		/* shadow.D */
	struct pool		 pool;
	struct table		 seen;		/* names: of lines that count */
};

/* NULL: it counts. */
static const char *
wrong_with_line(const struct entry *entry)
{
	bool expired;

	if (entry->count != SHADOW_FIELDS)
		return "a password's line has nine fields, and this one does "
		    "not count: mend it";
	if (!passwd_read_expiry(entry->field[SHADOW_EXPIRES], &expired))
		return "the day of expiry is not a number, and the line does "
		    "not count: mend it";
	return NULL;
}

/* Who is locked is so on purpose; PAM asks for none of it. */
static const char *
wrong_with_hash(struct shadow_check *all, struct slice hash)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (conf_pam_service(&all->domain->conf) != NULL)
		return NULL;
	if (hash.len == 0)
		return "has no password";
	return slice_starts(hash, "!") || slice_starts(hash, "*") ||
	    password_is_known(pool_dup(&pool, hash)) ? NULL :
	    "has a hash that crypt(3) does not know";
}

static void
check_line(struct shadow_check *all, const struct entry *entry,
    unsigned number)
{
	struct findings *found = &all->check->found;
	const char *about = all->domain->name, *dir = all->domain->in->path,
	    *wrong = wrong_with_line(entry);
	struct slice name = entry->field[0];

	if (wrong != NULL) {
		finding(found, about, "%s/%s:%u: %s", dir, all->file, number,
		    wrong);
		return;
	}
	void **slot = table_at(&all->seen, pool_lower(&all->pool, name));
	if (*slot != NULL) {
		finding(found, about, "%s/%s:%u: '%.*s' is there twice, and "
		    "the first one counts: take one out", dir, all->file,
		    number, (int)name.len, name.p);
		return;
	}
	*slot = all;
	wrong = wrong_with_hash(all, entry->field[SHADOW_HASH]);
	if (wrong != NULL)
		finding(found, about, "%s/%s:%u: '%.*s' %s, and cannot log in: "
		    "vadmin user passwd %.*s@%s", dir, all->file, number,
		    (int)name.len, name.p, wrong, (int)name.len, name.p,
		    about);
}

/* Some account's password would be in it. */
static bool
is_wanted(const struct domain *domain, struct pool *pool)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice rest;
	struct entry entry;
	struct err unused;

	if (conf_pam_service(&domain->conf) != NULL ||
	    files_read(domain->in, pool_format(pool, "passwd.%s",
	    domain->name), &text, NULL, &unused) == -1)
		return false;
	rest = str_slice(&text);
	while (entries_next(&rest, &entry))
		if (entry.count == PASSWD_FIELDS &&
		    (slice_is(entry.field[PASSWD_HASH], "x") ||
		    slice_is(entry.field[PASSWD_HASH], "*")))
			return true;
	return false;
}

static void
check_text(struct shadow_check *all, struct slice rest)
{
	struct slice line;
	struct entry entry;

	for (unsigned n = 1; rest.len > 0 && slice_cut(&rest, '\n', &line);
	    n++)
		if (entries_next(&line, &entry))
			check_line(all, &entry, n);
}

void
check_shadow_lines(struct check *check, const struct domain *domain)
{
	struct shadow_check all = { .check = check, .domain = domain };
	SCOPED(drop_secret) struct str text = { 0 };
	struct err err;

	all.file = pool_format(&all.pool, "shadow.%s", domain->name);
	if (!files_exists(domain->in->dir, all.file)) {
		if (is_wanted(domain, &all.pool))
			finding(&check->found, domain->name, "%s/%s: there is "
			    "no such file: whose password should be in it "
			    "cannot log in: bring it back, or vadmin user "
			    "passwd for each", domain->in->path, all.file);
	} else if (files_read(domain->in, all.file, &text, NULL, &err) == -1)
		/* else told already, or a link, which only editing refuses */
		finding_unseen(&check->found, domain->name, &err);
	check_text(&all, str_slice(&text));
	drop_table(&all.seen);
	drop_pool(&all.pool);
}
