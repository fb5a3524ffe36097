/* belongings.c: where the things of an account lie. */
#include "belongings.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "dotlock.h"
#include "fd.h"
#include "file.h"
#include "homes.h"
#include "mailbox.h"
#include "relocate.h"
#include "scope.h"
#include "spool.h"

void
belongings_inbox(const struct account *account, struct pool *pool,
    const char **parent, const char **name)
{
	struct slice path = slice_of(mailbox_path(account, pool));
	struct slice rest = slice_of(account->domain->conf.inbox), step;
	size_t behind = 0;
	bool found = false;

	while (slice_cut(&rest, '/', &step)) {
		behind += found && step.len > 0;
		for (size_t i = 0; i + 1 < step.len; i++)
			found = found || (step.p[i] == '%' &&
			    step.p[i + 1] == 'u');
	}
	for (; behind > 0; behind--)
		path.len = (size_t)slice_find_last(path, '/');
	ptrdiff_t slash = slice_find_last(path, '/');
	*name = pool_dup(pool, slice_from(path, (size_t)slash + 1));
	path.len = (size_t)slash;
	*parent = pool_dup(pool, path);
}

/* What the programs keep beside an inbox, by its name: the queue, the unique
 * ids, the session's lock, what a scan found, what a crash left of new
 * ones, and what lay in the unique ids' place. */
static const struct {
	const char	*before, *behind;
} kin[] = {
	{ ".", ".queue" }, { ".", ".uids" }, { ".", ".session" },
	{ ".", ".new" }, { "..", ".uids.new" }, { "..", ".queue.new" },
	{ ".", ".cache" }, { "..", ".cache.new" },
	{ ".", ".uids.damaged" },
};
enum { KIN = sizeof kin / sizeof kin[0] };
static_assert(KIN + 1 <= THINGS_MAX, "with the inbox itself");

static const char *
kin_name(struct pool *pool, size_t i, const char *inbox)
{
	return pool_format(pool, "%s%s%s", kin[i].before, inbox,
	    kin[i].behind);
}

/* True when nobody holds the lock file: a stale one is gone then.  Where there
 * is none, none is made that a crash could leave. */
static bool
is_unlocked(int parent, const char *name, struct pool *pool, struct err *err)
{
	SCOPED(drop_dotlock) struct dotlock lock = { 0 };
	struct stat st;

	if (fstatat(parent, pool_format(pool, "%s.lock", name), &st,
	    AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT)
		return true;
	/* To take it would be to change it. */
	if (change_is_rehearsed())
		return true;
	return dotlock_try(parent, name, NULL, &lock, err) == 1;
}

int
belongings_leftovers(const struct account *account, struct pool *pool,
    struct err *err)
{
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;
	bool removed = false;
	struct stat st;

	belongings_inbox(account, pool, &path, &name);
	if (dir_open(AT_FDCWD, path, &parent, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (change_stat(parent, name, &st) == 0 &&
	    !relocate_is_mark((struct place){ parent, name }, NULL))
		return 0;
	*err = (struct err){ 0 };
	if (!is_unlocked(parent, name, pool, err))
		return err->kind != ERR_NONE ? err_within(err, "%s", path) :
		    err_set(err, ERR_BUSY,
		    "somebody has locked %s/%s: try again, or remove %s.lock",
		    path, name, name);
	/* Nobody would want them back. */
	for (size_t i = 0; i < KIN && !change_is_rehearsed(); i++) {
		const char *left = kin_name(pool, i, name);
		if (unlinkat(parent, left, 0) == 0)
			removed = true;
		else if (errno != ENOENT)
			return err_sys(err, "remove %s/%s", path, left);
	}
	return removed && fsync(parent) == -1 ?
	    err_sys(err, "sync %s", path) : 0;
}

int
belongings_take_kin(int dir, const char *inbox, int to_dir, const char *as,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	for (size_t i = 0; i < KIN; i++) {
		const char *name = kin_name(&pool, i, inbox),
		    *then = kin_name(&pool, i, as);
		if (change_stat(dir, name, &st) == -1)
			continue;
		if (change_remove(to_dir, then, NULL, err) == -1 ||
		    change_move(dir, name, to_dir, then, err) == -1)
			return -1;
	}
	return 0;
}

int
belongings_unmark(const struct account *account, struct pool *pool,
    struct err *err)
{
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;

	belongings_inbox(account, pool, &path, &name);
	if (dir_open(AT_FDCWD, path, &parent, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return relocate_clear((struct place){ parent, name }, err);
}

int
belongings_make_room(const struct account *account, struct pool *pool,
    struct err *err)
{
	return belongings_leftovers(account, pool, err) == -1 ? -1 :
	    belongings_unmark(account, pool, err);
}

bool
belongings_has_moved(const struct account *account, struct pool *pool)
{
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;
	struct err unused;

	belongings_inbox(account, pool, &path, &name);
	return dir_open(AT_FDCWD, path, &parent, &unused) == 0 &&
	    relocate_is_mark((struct place){ parent, name }, NULL);
}

void
belongings_unlock(const struct account *account, struct pool *pool)
{
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;
	struct err unused;

	belongings_inbox(account, pool, &path, &name);
	if (dir_open(AT_FDCWD, path, &parent, &unused) == 0)
		is_unlocked(parent, name, pool, &unused);
}

static void
add(struct things *things, const char *name, const char *as)
{
	things->thing[things->count++] = (struct thing){ name, as, false };
}

/* --- all of them ------------------------------------------------------- */

/* What a file or directory of the account is called then. */
static const char *
name_then(const struct belongings *all, const char *own, const char *ending)
{
	if (all->stamp != NULL)
		return pool_format(all->pool, "%s.%s%s", own, all->stamp,
		    ending);
	bool lower = strcmp(own, all->account->name) != 0;
	return pool_format(all->pool, "%s%s", lower ? pool_lower(all->pool,
	    slice_of(all->new_name)) : all->new_name, ending);
}

static const char *
inbox_then(const struct belongings *all, const char *name)
{
	struct account renamed = *all->account;
	const char *path;

	if (all->stamp != NULL)
		return name_then(all, name, "");
	renamed.name = all->new_name;
	belongings_inbox(&renamed, all->pool, &path, &name);
	return name;
}

/* With the inbox goes its kin, under the names that the inbox's new name gives
 * them. */
static int
with_inbox(const struct belongings *all, belongings_visitor *act, struct err *err)
{
	struct things things = { 0 };
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;

	if (all->inbox_stays)
		return 0;
	belongings_inbox(all->account, all->pool, &path, &name);
	const char *as = inbox_then(all, name);
	if (dir_open(AT_FDCWD, path, &parent, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	things.parent = parent;
	add(&things, name, as);
	things.thing[0].leaves_mark = true;
	for (size_t i = 0; i < KIN; i++)
		add(&things, kin_name(all->pool, i, name),
		    kin_name(all->pool, i, as));
	return act(all, &things, err);
}

/* The own name, and the same in the trash, with each of the endings. */
static void
add_endings(const struct belongings *all, struct things *things, const char *own,
    const char *const *endings)
{
	for (size_t i = 0; endings[i] != NULL; i++)
		add(things, pool_format(all->pool, "%s%s", own, endings[i]),
		    name_then(all, own, endings[i]));
}

static int
with_quota(const struct belongings *all, belongings_visitor *act, struct err *err)
{
	static const char *const endings[] = { ".quota", NULL };
	struct things things = { 0 };
	SCOPED(drop_fd) int spool = -1;

	if (spool_of_domain(all->account->domain, true, &spool, err) == -1)
		return -1;
	things.parent = spool;
	add_endings(all, &things, all->account->name, endings);
	return act(all, &things, err);
}

static int
with_files(const struct belongings *all, belongings_visitor *act, struct err *err)
{
	static const char *const endings[] = { ".forward", ".filter",
	    ".vacation", ".vacation.db", ".vacation.db.damaged", ".auto",
	    ".profile", NULL };
	/* an autoresponder's, which "vadmin auto" spells so */
	static const char *const automatic[] = { ".auto", NULL };
	struct things things = { 0 };
	const char *name = all->account->name,
	    *lower = pool_lower(all->pool, slice_of(name));
	SCOPED(drop_fd) int files = -1;

	if (spool_files(all->account->domain, true, &files, err) == -1)
		return -1;
	things.parent = files;
	add_endings(all, &things, name, endings);
	if (strcmp(lower, name) != 0)
		add_endings(all, &things, lower, automatic);
	return act(all, &things, err);
}

/* A home elsewhere is somebody else's business. */
static int
with_home(const struct belongings *all, belongings_visitor *act, struct err *err)
{
	static const char *const endings[] = { "", NULL };
	const struct account *account = all->account;
	struct things things = { 0 };
	SCOPED(drop_fd) int homes = -1;

	if (all->home_stays || strcmp(account->home, homes_path(
	    account->domain, all->pool, account->name)) != 0)
		return 0;
	if (homes_of_domain(account->domain, &homes, err) == -1)
		return -1;
	things.parent = homes;
	add_endings(all, &things, account->name, endings);
	things.thing[0].leaves_mark = true;
	return act(all, &things, err);
}

int
belongings_each(const struct belongings *all, belongings_visitor *act,
    struct err *err)
{
	static const struct {
		const char	*what;
		int		(*with)(const struct belongings *,
				    belongings_visitor *, struct err *);
	} places[] = {
		{ "the inbox", with_inbox }, { "the quota", with_quota },
		{ "the forward, filter, autoresponder and vacation files",
		    with_files },
		{ "the home", with_home },
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (places[i].with(all, act, err) == -1)
			return err_within(err, "%s", places[i].what);
	return 0;
}
