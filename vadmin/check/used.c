/* used.c: what is an account's, though it lies where others' things do. */
#include "used.h"

#include <string.h>

#include "path_use.h"
#include "scope.h"

/* Who has an inbox: the first, and one more. */
struct owners {
	const char	*first, *other;
};

static char somebodys;

void
drop_used(struct used *used)
{
	drop_table(&used->paths);
	drop_table(&used->inboxes);
	drop_pool(&used->pool);
}

/* With all directories that it lies in. */
static void
note_path(void *arg, const struct path_use *use)
{
	struct used *used = arg;
	struct slice path = slice_of(use->path);

	while (path.len > 0) {
		char *key = pool_dup(&used->pool, path);
		if (table_find(&used->paths, key) != NULL)
			return;
		*table_at(&used->paths, key) = &somebodys;
		ptrdiff_t slash = slice_find_last(path, '/');
		path.len = slash > 0 ? (size_t)slash : 0;
	}
}

static void
note_inbox(void *arg, const struct path_use *use)
{
	struct used *used = arg;
	struct owners *owners = table_find(&used->inboxes, use->path);
	const char *who = pool_format(&used->pool, "%.*s@%s",
	    (int)use->account.len, use->account.p, use->domain);

	if (owners == NULL) {
		owners = pool_alloc(&used->pool, sizeof *owners);
		*owners = (struct owners){ who, NULL };
		*table_at(&used->inboxes, pool_dup(&used->pool,
		    slice_of(use->path))) = owners;
	} else if (owners->other == NULL && strcmp(owners->first, who) != 0)
		owners->other = who;
}

static void
ask(struct used *used, const struct installation *in)
{
	struct path_question q = { .in = in, .count = 2, .elsewhere = true };
	struct err err;

	if (used->asked)
		return;
	used->asked = true;
	q.dir[0] = installation_path(in, &used->pool, in->conf.spool);
	q.dir[1] = installation_path(in, &used->pool, in->conf.homes);
	if (path_use_each(&q, &used->pool, note_path, used, &used->doubt,
	    &err) == -1)
		used->doubt = pool_dup(&used->pool, slice_of(err.text));
}

/* What cannot be told of one is not told. */
static void
ask_inboxes(struct used *used, const struct installation *in)
{
	const char *unused;
	struct err err;

	if (!used->asked_inboxes)
		(void)path_use_shared(in, &used->pool, note_inbox, used,
		    &unused, &err);
	used->asked_inboxes = true;
}

enum use
used_by_account(struct used *used, const struct installation *in,
    const char *dir, const char *name, const char **doubt)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	ask(used, in);
	*doubt = used->doubt;
	return table_find(&used->paths, pool_format(&pool, "%s/%s", dir,
	    name)) != NULL ? USE_ACCOUNT : used->doubt != NULL ? USE_UNKNOWN :
	    USE_NONE;
}

const char *
used_inbox_of(struct used *used, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct owners *owners;

	ask_inboxes(used, account->domain->in);
	if (used->inboxes.count == 0)
		return NULL;
	owners = table_find(&used->inboxes, path_use_inbox(account, &pool));
	if (owners == NULL || owners->other == NULL)
		return NULL;
	const char *who = pool_format(&pool, "%s@%s", account->name,
	    account->domain->name);
	return strcmp(owners->first, who) == 0 ? owners->other :
	    owners->first;
}
