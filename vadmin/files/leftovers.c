/* leftovers.c: what lies where a new account's things would be. */
#include "leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belongings.h"
#include "change.h"
#include "fd.h"
#include "file.h"
#include "homes.h"
#include "path_use.h"
#include "scope.h"
#include "spool.h"
#include "trash.h"

/* --- in the way ---------------------------------------------------------- */

/* Of a directory; those of a Maildir may be there, where they are empty. */
static bool
is_empty(int parent, const char *name, bool maildir)
{
	int fd = openat(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SCOPED(drop_dir) DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		drop_fd(&fd);
		return false;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *in = entry->d_name;
		bool part = strcmp(in, "new") == 0 || strcmp(in, "cur") == 0 ||
		    strcmp(in, "tmp") == 0;
		if (strcmp(in, ".") != 0 && strcmp(in, "..") != 0 &&
		    !(maildir && part && is_empty(fd, in, false)))
			return false;
	}
	return true;
}

/* What the domain's owner, who has all inboxes, can give to another account:
 * nothing is in it. */
static bool
is_new_inbox(const struct domain *domain, const char *path,
    const struct stat *st)
{
	if (!domain->one_owner || st->st_uid != domain->owner.uid)
		return false;
	return S_ISREG(st->st_mode) ? st->st_size == 0 :
	    is_empty(AT_FDCWD, path, true);
}

static const char *
advice(const struct domain *domain, struct pool *pool, const char *path,
    const struct stat *st)
{
	return pool_format(pool, "%s is there already and belongs to uid %u: "
	    "move it away first; where it is to be the new account's, move it "
	    "back afterwards%s", path, (unsigned)st->st_uid,
	    domain->one_owner ? "" : ", and give it to the account's uid "
	    "(chown -R)");
}

/* What marks where another's was is taken away before it is made. */
static const char *
inbox_in_the_way(const struct account *account, struct pool *pool)
{
	const char *parent, *name, *path;
	struct stat st;

	belongings_inbox(account, pool, &parent, &name);
	path = pool_format(pool, "%s/%s", parent, name);
	if (lstat(path, &st) == -1 || S_ISLNK(st.st_mode) ||
	    is_new_inbox(account->domain, path, &st))
		return NULL;
	return advice(account->domain, pool, path, &st);
}

static const char *
home_in_the_way(const struct account *account, struct pool *pool)
{
	const char *path = homes_path(account->domain, pool, account->name);
	struct stat st;

	if (lstat(path, &st) == -1 || S_ISLNK(st.st_mode) ||
	    is_empty(AT_FDCWD, path, false))
		return NULL;
	return advice(account->domain, pool, path, &st);
}

const char *
leftovers_beside(const struct account *account, struct pool *pool)
{
	const char *why = inbox_in_the_way(account, pool);

	return why != NULL ? why : home_in_the_way(account, pool);
}

/* --- an account elsewhere ------------------------------------------------ */

struct sharing {
	const char	*inbox;
	bool		 is_shared;
};

static void
compare(void *arg, const struct path_use *use)
{
	struct sharing *s = arg;

	s->is_shared = s->is_shared || (!use->is_home &&
	    strcmp(use->path, s->inbox) == 0);
}

/* Inboxes of most domains lie in directories of their own, and it would take
 * as long as there are domains to ask who leads into those: check tells. */
static int
is_shared(const struct account *account, struct pool *pool, bool *out,
    struct err *err)
{
	const struct domain *domain = account->domain;
	struct sharing s = { path_use_inbox(account, pool), false };
	struct path_question q = { .in = domain->in, .dir = { s.inbox },
	    .count = 1, .but = domain->name };
	const char *unused;

	*out = false;
	if (path_use_is_own_place(domain))
		return 0;
	if (path_use_each(&q, pool, compare, &s, &unused, err) == -1)
		return -1;
	*out = s.is_shared;
	return 0;
}

/* Whose is not for everybody who may make accounts. */
static const char *
words(const struct account *account, struct pool *pool)
{
	return pool_format(pool, "the inbox of %s@%s would be that of an "
	    "account of another domain: another name, or another 'inbox' of "
	    "one of the domains", account->name, account->domain->name);
}

int
leftovers_elsewhere(const struct account *account, struct pool *pool,
    const char **why, struct err *err)
{
	bool shared;

	if (is_shared(account, pool, &shared, err) == -1)
		return -1;
	*why = shared ? words(account, pool) : NULL;
	return 0;
}

int
leftovers_in_the_way(const struct account *account, struct pool *pool,
    const char **why, struct err *err)
{
	if (leftovers_elsewhere(account, pool, why, err) == -1)
		return -1;
	if (*why == NULL)
		*why = leftovers_beside(account, pool);
	return 0;
}

struct listing {
	struct table	*inboxes;
	struct pool	*pool;
	const char	*but;
};

static char somebodys;

static void
list(void *arg, const struct path_use *use)
{
	struct listing *l = arg;

	if (strcmp(use->domain, l->but) != 0)
		*table_at(l->inboxes, pool_dup(l->pool, slice_of(
		    use->path))) = &somebodys;
}

int
leftovers_list_elsewhere(const struct domain *domain, struct pool *pool,
    struct table *inboxes, struct err *err)
{
	struct listing l = { inboxes, pool, domain->name };
	const char *unused;

	return path_use_is_own_place(domain) ? 0 : path_use_shared(domain->in,
	    pool, list, &l, &unused, err);
}

const char *
leftovers_listed(const struct account *account, struct pool *pool,
    const struct table *inboxes)
{
	return inboxes->count > 0 && table_find(inboxes, path_use_inbox(
	    account, pool)) != NULL ? words(account, pool) : NULL;
}

/* --- files --------------------------------------------------------------- */

static int
put_away(int dir, const char *name, const char *const *endings,
    size_t *count, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	for (; *endings != NULL; endings++) {
		const char *file = pool_format(&pool, "%s%s", name, *endings);
		if (change_stat(dir, file, &st) == -1)
			continue;
		if (trash_put(dir, file, pool_format(&pool, "%s.left-%s", file,
		    trash_stamp(&pool)), err) == -1)
			return -1;
		++*count;
	}
	return 0;
}

/* An autoresponder's text is its alias's. */
int
leftovers_put_away(const struct account *account, size_t *count,
    struct err *err)
{
	static const char *const of_spool[] = { ".quota", NULL };
	static const char *const of_files[] = { ".forward", ".filter",
	    ".vacation", ".vacation.db", ".vacation.db.damaged", NULL };
	SCOPED(drop_fd) int spool = -1, files = -1;

	*count = 0;
	if (spool_of_domain(account->domain, false, &spool, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
	} else if (put_away(spool, account->name, of_spool, count, err) == -1)
		return -1;
	if (spool_files(account->domain, false, &files, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return put_away(files, account->name, of_files, count, err);
}
