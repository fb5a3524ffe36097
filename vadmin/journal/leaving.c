/* leaving.c: accounts that go when the lines that made them are taken back. */
#include "leaving.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "account.h"
#include "belongings.h"
#include "domain.h"
#include "entries.h"
#include "scope.h"
#include "uid_mark.h"

/* The entry that moved the inbox here moves it away again. */
static bool
moved_here(const struct entry_file *entry, struct pool *pool, const char *inbox)
{
	struct slice rest = entry->steps;
	struct journal_step step;

	while (entry_next_step(&rest, pool, &step))
		if ((step.kind == CHANGE_MOVE ||
		    step.kind == CHANGE_RELOCATE) &&
		    strcmp(step.to, inbox) == 0)
			return true;
	return false;
}

static int
check_inbox(const struct domain *domain, const struct entry_file *entry,
    struct pool *pool, const char *name, struct err *err)
{
	const struct account account = { .domain = domain, .name = name };
	const char *parent, *own;
	char real[PATH_MAX];
	struct stat st;

	belongings_inbox(&account, pool, &parent, &own);
	if (realpath(parent, real) == NULL)
		return 0;
	const char *inbox = pool_format(pool, "%s/%s", real, own);
	if (lstat(inbox, &st) == -1 || belongings_has_moved(&account, pool) ||
	    moved_here(entry, pool, inbox))
		return 0;
	return err_set(err, ERR_REFUSED, "%s@%s has an inbox: 'vadmin user "
	    "delete %s@%s' takes the account away and keeps its mail", name,
	    domain->name, name, domain->name);
}

struct domain *
leaving_domain(const struct installation *in, struct pool *pool,
    const struct journal_step *step)
{
	struct slice file = slice_of(strrchr(step->path, '/') + 1);
	struct domain *domain;
	struct err unused;

	return slice_starts(file, "passwd.") && domain_open(in, pool,
	    slice_from(file, strlen("passwd.")), &domain, &unused) == 0 ?
	    domain : NULL;
}

uint64_t
leaving_count(struct slice text)
{
	struct entry line;
	uint64_t count = 0;

	while (entries_next(&text, &line))
		count += line.count == PASSWD_FIELDS;
	return count;
}

/* Mail of these imports lay there before, and stays. */
static bool
is_served_in_place(const struct entry_file *entry)
{
	return strcmp(entry->origin, "import postfix") == 0 ||
	    strcmp(entry->origin, "import maildirs") == 0;
}

int
leaving_check(const struct installation *in, const struct entry_file *entry,
    const struct journal_step *step, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain = leaving_domain(in, &pool, step);
	struct slice rest = step->hunk.new;
	struct entry line, other;
	uint64_t uid;

	if (domain == NULL || is_served_in_place(entry))
		return 0;
	/* Where they are as many before, one was only called otherwise. */
	if (leaving_count(step->hunk.new) <= leaving_count(step->hunk.old))
		return 0;
	while (entries_next(&rest, &line)) {
		if (line.count != PASSWD_FIELDS ||
		    slice_number(line.field[PASSWD_UID], UINT32_MAX - 1,
		    &uid) == -1)
			continue;
		if (entries_find(step->hunk.old, line.field[PASSWD_NAME],
		    PASSWD_FIELDS, &other))
			continue;
		if (check_inbox(domain, entry, &pool, pool_dup(&pool,
		    line.field[PASSWD_NAME]), err) == -1 ||
		    uid_mark_retire(in, (uid_t)uid, err) == -1)
			return -1;
	}
	return 0;
}
