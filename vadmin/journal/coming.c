/* coming.c: accounts that come back when the lines that took them away are taken
 * back. */
#include "coming.h"

#include <string.h>

#include "account.h"
#include "entries.h"
#include "leaving.h"
#include "leftovers.h"
#include "scope.h"
#include "table.h"
#include "uid_use.h"

struct coming {
	struct pool		 pool;
	const struct domain	*domain;
	struct table		 by_uid;	/* in digits: its name */
	struct table		 elsewhere;	/* inboxes of other domains */
	const char		*twice;		/* what is wrong, or NULL */
};

static void
drop_coming(struct coming *c)
{
	drop_table(&c->by_uid);
	drop_table(&c->elsewhere);
	drop_pool(&c->pool);
}

static void
find_twice(void *arg, const char *file, struct slice name, uint64_t uid)
{
	struct coming *c = arg;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *digits = pool_format(&pool, "%llu",
	    (unsigned long long)uid), *who = table_find(&c->by_uid, digits);

	if (who != NULL && c->twice == NULL)
		c->twice = pool_format(&c->pool, "%s@%s would come back, and "
		    "its user id %s is that of %.*s in %s", who,
		    c->domain->name, digits, (int)name.len, name.p, file);
}

/* A last step that was not done has left the line where it was. */
static void
add(struct coming *c, const struct entry *line)
{
	char *name = pool_dup(&c->pool, line->field[PASSWD_NAME]);
	const struct account account = { .domain = c->domain, .name = name };
	struct account *there;
	struct err unused;

	if (account_find(c->domain, &c->pool, line->field[PASSWD_NAME], &there,
	    &unused) == 0)
		return;
	*table_at(&c->by_uid, pool_dup(&c->pool, line->field[PASSWD_UID])) =
	    name;
	if (c->twice == NULL)
		c->twice = leftovers_listed(&account, &c->pool, &c->elsewhere);
}

/* Where one owner has all mail ids mean nothing. */
static int
check_all(struct coming *c, const struct installation *in, struct err *err)
{
	if (c->twice == NULL && c->by_uid.count > 0 && !c->domain->one_owner &&
	    uid_use_each(in, find_twice, c, err) == -1)
		return -1;
	return c->twice == NULL ? 0 : err_set(err, ERR_REFUSED, "%s",
	    c->twice);
}

/* Who is renamed back never went. */
static bool
never_went(const struct entry_file *entry, const struct journal_step *step)
{
	return strcmp(entry->origin, "user rename") == 0 ||
	    strcmp(entry->origin, "domain rename") == 0 ||
	    leaving_count(step->hunk.old) <= leaving_count(step->hunk.new);
}

int
coming_check(const struct installation *in, const struct entry_file *entry,
    const struct journal_step *step, struct err *err)
{
	SCOPED(drop_coming) struct coming c = { .twice = NULL };
	struct slice rest = step->hunk.old;
	struct entry line, other;

	c.domain = leaving_domain(in, &c.pool, step);
	if (c.domain == NULL || never_went(entry, step))
		return 0;
	if (leftovers_list_elsewhere(c.domain, &c.pool, &c.elsewhere,
	    err) == -1)
		return -1;
	while (entries_next(&rest, &line))
		if (line.count == PASSWD_FIELDS && !entries_find(
		    step->hunk.new, line.field[PASSWD_NAME], PASSWD_FIELDS,
		    &other))
			add(&c, &line);
	return check_all(&c, in, err);
}
