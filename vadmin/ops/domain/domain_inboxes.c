/* domain_inboxes.c: whether a domain that comes back would have inboxes that are
 * another's by now. */
#include "domain_inboxes.h"

#include <stdint.h>
#include <string.h>

#include "account.h"
#include "entries.h"
#include "fd.h"
#include "file.h"
#include "mailbox.h"
#include "name.h"
#include "path_use.h"
#include "scope.h"
#include "table.h"

struct others {
	struct pool	 pool;
	struct table	 inboxes;	/* path: "U@D" */
};

static void
drop_others(struct others *others)
{
	drop_table(&others->inboxes);
	drop_pool(&others->pool);
}

static void
note_inbox(void *arg, const struct path_use *use)
{
	struct others *others = arg;
	struct pool *pool = &others->pool;

	if (!use->is_home)
		*table_at(&others->inboxes, pool_dup(pool,
		    slice_of(use->path))) = pool_format(pool, "%.*s@%s",
		    (int)use->account.len, use->account.p, use->domain);
}

static int
find_others(const struct installation *in, const struct domain *domain,
    struct others *others, struct err *err)
{
	struct path_question q = { .in = in, .count = 1, .but = domain->name,
	    .dir = { path_use_inboxes(domain, &others->pool) } };
	const char *unused;

	return path_use_each(&q, &others->pool, note_inbox, others, &unused,
	    err);
}

static int
check_one(const struct others *others, const struct domain *domain,
    struct slice name, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct account account = { .domain = domain,
	    .name = pool_dup(&pool, name) };
	const char *path = mailbox_path(&account, &pool),
	    *who = table_find(&others->inboxes, path);

	return who == NULL ? 0 : err_set(err, ERR_EXISTS, "%s@%s would have "
	    "the inbox of %s (%s): rename or delete that account, or set "
	    "another 'inbox' of its domain and move its mail, first",
	    account.name, domain->name, who, path);
}

int
domain_inboxes_check(const struct installation *in,
    const struct domain *domain, struct err *err)
{
	SCOPED(drop_others) struct others others = { 0 };
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct entry entry;

	if (path_use_is_own_place(domain))
		return 0;
	if (find_others(in, domain, &others, err) == -1)
		return -1;
	if (others.inboxes.count == 0)
		return 0;
	if (installation_file(domain->in, pool_format(&others.pool,
	    "passwd.%s", domain->name), &fd, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (file_read(fd, SIZE_MAX / 2, &text, err) == -1)
		return -1;
	for (struct slice rest = str_slice(&text); entries_next(&rest, &entry);)
		if (name_is_account(entry.field[PASSWD_NAME]) && check_one(
		    &others, domain, entry.field[PASSWD_NAME], err) == -1)
			return -1;
	return 0;
}
