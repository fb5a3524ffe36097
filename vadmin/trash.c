/* trash.c: where the things of a deleted account go. */
#include "trash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "dotlock.h"
#include "fd.h"
#include "file.h"
#include "homes.h"
#include "mailbox.h"
#include "scope.h"
#include "spool.h"

#define TRASH	".trash"

/* The directory may be open to the domain's group: a .trash that somebody
 * else made there is none. */
static int
open_trash(int parent, int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	if (mkdirat(parent, TRASH, 0700) == -1 && errno != EEXIST)
		return err_sys(err, "make " TRASH);
	got = openat(parent, TRASH,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (got == -1 || fstat(got, &st) == -1)
		return err_sys(err, TRASH);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_REFUSED,
		    TRASH " belongs to uid %u, or others can write to it: "
		    "remove it", (unsigned)st.st_uid);
	*fd = got;
	got = -1;
	return 0;
}

/* 1: moved, 0: there was nothing. */
static int
move(int parent, const char *name, int trash, const char *as, struct err *err)
{
	if (compat_renameat2_noreplace(parent, name, trash, as) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_sys(err, "move %s to " TRASH "/%s",
	    name, as);
}

void
trash_place(const struct account *account, struct pool *pool,
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
 * ids, the session's lock, what a scan found, and what a crash left of new
 * ones. */
static const struct {
	const char	*before, *behind;
} kin[] = {
	{ ".", ".queue" }, { ".", ".uids" }, { ".", ".session" },
	{ ".", ".new" }, { "..", ".uids.new" }, { ".", ".queue.new" },
	{ ".", ".cache" }, { "..", ".cache.new" },
};
enum { KIN = sizeof kin / sizeof kin[0] };

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
	return dotlock_try(parent, name, NULL, &lock, err) == 1;
}

/* With the inbox goes its kin, under the names that the inbox's new name gives
 * them.  A lock file that somebody holds is his to take away. */
static int
move_inbox(const struct trash *t, const char **inbox, struct err *err)
{
	SCOPED(drop_fd) int parent = -1;
	SCOPED(drop_fd) int trash = -1;
	const char *path, *name;
	struct err unused;

	trash_place(t->account, t->pool, &path, &name);
	const char *as = pool_format(t->pool, "%s.%s", name, t->stamp);
	*inbox = NULL;
	if (dir_open(AT_FDCWD, path, &parent, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (open_trash(parent, &trash, err) == -1)
		return err_within(err, "%s", path);
	int moved = move(parent, name, trash, as, err);
	if (moved == 1)
		*inbox = pool_format(t->pool, "%s/" TRASH "/%s", path, as);
	for (size_t i = 0; i < KIN && moved != -1; i++)
		if (move(parent, kin_name(t->pool, i, name), trash,
		    kin_name(t->pool, i, as), err) == -1)
			return -1;
	if (moved != -1)
		is_unlocked(parent, name, t->pool, &unused);
	if (moved == -1 || fsync(trash) == -1 || fsync(parent) == -1)
		return moved == -1 ? -1 : err_sys(err, "sync %s", path);
	return 0;
}

int
trash_leftovers(const struct account *account, struct pool *pool,
    struct err *err)
{
	SCOPED(drop_fd) int parent = -1;
	const char *path, *name;
	struct stat st;

	trash_place(account, pool, &path, &name);
	if (dir_open(AT_FDCWD, path, &parent, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	*err = (struct err){ 0 };
	if (!is_unlocked(parent, name, pool, err))
		return err->kind != ERR_NONE ? err_within(err, "%s", path) :
		    err_set(err, ERR_BUSY,
		    "somebody has locked %s/%s: try again, or remove %s.lock",
		    path, name, name);
	for (size_t i = 0; i < KIN; i++) {
		const char *left = kin_name(pool, i, name);
		if (unlinkat(parent, left, 0) == -1 && errno != ENOENT)
			return err_sys(err, "remove %s/%s", path, left);
	}
	return fsync(parent) == -1 ? err_sys(err, "sync %s", path) : 0;
}

/* The name with each of the endings, from one directory. */
static int
move_named(const struct trash *t, int parent, const char *own,
    const char *const *endings, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;
	bool any = false;

	for (size_t i = 0; endings[i] != NULL; i++) {
		const char *name = pool_format(t->pool, "%s%s", own,
		    endings[i]);
		struct stat st;
		if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (!any && open_trash(parent, &trash, err) == -1)
			return -1;
		any = true;
		if (move(parent, name, trash,
		    pool_format(t->pool, "%s.%s%s", own, t->stamp, endings[i]),
		    err) == -1)
			return -1;
	}
	if (any && (fsync(trash) == -1 || fsync(parent) == -1))
		return err_sys(err, "sync " TRASH);
	return 0;
}

int
trash_account(const struct trash *t, const char **inbox, struct err *err)
{
	static const char *const quota[] = { ".quota", NULL },
	    *const home[] = { "", NULL };
	static const char *const files[] = { ".forward", ".filter", ".vacation",
	    ".vacation.db", ".vacation.db.damaged", ".auto", NULL };
	/* an autoresponder's, which "vadmin auto" spells so */
	static const char *const automatic[] = { ".auto", NULL };
	const struct domain *domain = t->account->domain;
	const char *name = t->account->name,
	    *lower = pool_lower(t->pool, slice_of(name));
	SCOPED(drop_fd) int spool = -1;
	SCOPED(drop_fd) int extra = -1;
	SCOPED(drop_fd) int homes = -1;

	if (move_inbox(t, inbox, err) == -1)
		return err_within(err, "the inbox");
	if (spool_of_domain(domain, true, &spool, err) == -1 ||
	    move_named(t, spool, name, quota, err) == -1)
		return err_within(err, "the quota");
	if (spool_files(domain, true, &extra, err) == -1 ||
	    move_named(t, extra, name, files, err) == -1 ||
	    move_named(t, extra, lower, automatic, err) == -1)
		return err_within(err, "the forward, filter, autoresponder and "
		    "vacation files");
	/* A home elsewhere is somebody else's business. */
	if (strcmp(t->account->home,
	    homes_path(domain, t->pool, t->account->name)) != 0)
		return 0;
	if (homes_of_domain(domain, &homes, err) == -1 ||
	    move_named(t, homes, name, home, err) == -1)
		return err_within(err, "the home");
	return 0;
}
