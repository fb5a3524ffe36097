/* check_admins.c: findings in the files of administrators. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "administrators.h"
#include "name.h"
#include "scope.h"

static void
check_mode(struct check *check, const char *about, const char *file)
{
	struct stat st;

	if (fstatat(check->call->in.dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		finding(&check->found, about, "%s/%s: others can read the "
		    "password hashes: close it (chmod 600)",
		    check->call->in.path, file);
}

/* A broken line is nobody; a second one of a name is never looked at. */
static void
check_lines(struct check *check, const char *about,
    const struct administrators *all)
{
	struct slice rest = str_slice(&all->text), before = rest;
	struct entry entry, first;
	const char *path = pool_format(&check->call->pool, "%s/%s",
	    check->call->in.path, all->file);

	while (entries_next(&rest, &entry)) {
		struct slice name = entry.field[SHADOW_NAME];
		if (entry.count != SHADOW_FIELDS || !name_is_account(name))
			finding(&check->found, about, "%s: the line of '%.*s' "
			    "does not count: mend it (shadow(5) has nine "
			    "fields)", path, (int)name.len, name.p);
		else if (entries_find(before, name, SHADOW_FIELDS, &first) &&
		    first.line.p != entry.line.p)
			finding(&check->found, about, "%s: '%.*s' has two "
			    "lines: the first counts, take the other out",
			    path, (int)name.len, name.p);
	}
}

static void
check_file(struct check *check, const char *about, const char *domain)
{
	SCOPED(drop_administrators) struct administrators all = { 0 };
	struct err err;

	if (administrators_read(&check->call->in, &check->call->pool, domain,
	    &all, &err) == -1) {
		finding(&check->found, about, "%s", err.text);
		return;
	}
	check_mode(check, about, all.file);
	check_lines(check, about, &all);
}

void
check_administrators(struct check *check)
{
	check_file(check, "admins", NULL);
}

void
check_administrators_of(struct check *check, const struct domain *domain)
{
	check_file(check, domain->name, domain->name);
}
