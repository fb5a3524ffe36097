/* trash.c: where the things of a deleted account go. */
#include "trash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "relocate.h"
#include "scope.h"
#include "tree.h"

#define TRASH	".trash"

/* The directory may be open to the domain's group: a .trash that somebody
 * else made there is none. */
static int
open_trash(int parent, int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = change_open(parent, TRASH,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (got == -1 && errno == ENOENT)
		return err_set(err, ERR_ABSENT, "there is no " TRASH);
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

int
trash_open(int parent, bool make, int *fd, struct err *err)
{
	if (make && change_make_dir(parent, TRASH, 0700, err) == -1)
		return -1;
	return open_trash(parent, fd, err);
}

/* The newest is the last in the order of bytes: two deletions can fall into one
 * second. */
const char *
trash_stamp(struct pool *pool)
{
	char text[32] = "";
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm) != NULL)
		strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
	return pool_format(pool, "%s.%09ld", text, now.tv_nsec);
}

static int
sync_both(int parent, int trash, struct err *err)
{
	return fsync(trash) == -1 || fsync(parent) == -1 ?
	    err_sys(err, "sync " TRASH) : 0;
}

static bool
is_there(int dir, const char *name)
{
	struct stat st;

	return change_stat(dir, name, &st) == 0;
}

static int
in_the_way(const char *name, struct err *err)
{
	return err_set(err, ERR_EXISTS, "there is a " TRASH "/%s already: move "
	    "it away", name);
}

static int
throw_away(const struct belongings *all, const struct things *things, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	(void)all;
	for (size_t i = 0; i < things->count; i++) {
		const struct thing *thing = &things->thing[i];
		if (!is_there(things->parent, thing->name))
			continue;
		if (trash == -1 &&
		    trash_open(things->parent, true, &trash, err) == -1)
			return -1;
		int moved = change_move(things->parent, thing->name, trash,
		    thing->as, err);
		if (moved == -1)
			return -1;
		if (moved == CHANGE_IN_THE_WAY)
			return in_the_way(thing->as, err);
	}
	return trash == -1 ? 0 : sync_both(things->parent, trash, err);
}

int
trash_put(int parent, const char *name, const char *as, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	if (trash_open(parent, true, &trash, err) == -1)
		return -1;
	int moved = change_move(parent, name, trash, as, err);
	if (moved != 0)
		return moved == -1 ? -1 : in_the_way(as, err);
	return sync_both(parent, trash, err);
}

static int
take_back(const struct belongings *all, const struct things *things, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	(void)all;
	if (open_trash(things->parent, &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	for (size_t i = 0; i < things->count; i++) {
		const struct thing *thing = &things->thing[i];
		/* Of a later account of the name, which has another one now. */
		if (relocate_clear((struct place){ things->parent,
		    thing->name }, err) == -1)
			return -1;
		int moved = change_move(trash, thing->as, things->parent,
		    thing->name, err);
		if (moved == -1)
			return -1;
		if (moved != CHANGE_IN_THE_WAY)
			continue;
		return err_set(err, ERR_EXISTS, "there is a %s already, and "
		    "one in " TRASH "/%s: move one of them away", thing->name,
		    thing->as);
	}
	return sync_both(things->parent, trash, err);
}

static int
destroy(const struct belongings *all, const struct things *things, struct err *err)
{
	SCOPED(drop_fd) int trash = -1;

	if (open_trash(things->parent, &trash, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	for (size_t i = 0; i < things->count; i++)
		if (tree_remove(trash, things->thing[i].as,
		    account_identity(all->account), err) == -1)
			return err_within(err, TRASH "/%s",
			    things->thing[i].as);
	return fsync(trash) == -1 ? err_sys(err, "sync " TRASH) : 0;
}

const char *
trash_place(const struct belongings *all, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : pool_format(all->pool, "%.*s/" TRASH
	    "/%s.%s", (int)(slash - path), path, slash + 1, all->stamp);
}

const char *
trash_inbox(const struct belongings *all)
{
	const char *parent, *name;

	belongings_inbox(all->account, all->pool, &parent, &name);
	return trash_place(all, pool_format(all->pool, "%s/%s", parent, name));
}

int
trash_account(const struct belongings *all, const char **inbox,
    struct err *err)
{
	struct stat st;

	if (belongings_each(all, throw_away, err) == -1)
		return -1;
	belongings_unlock(all->account, all->pool);
	*inbox = trash_inbox(all);
	if (lstat(*inbox, &st) == -1)
		*inbox = NULL;
	return 0;
}

int
trash_restore(const struct belongings *all, struct err *err)
{
	return belongings_each(all, take_back, err);
}

int
trash_purge(const struct belongings *all, struct err *err)
{
	return belongings_each(all, destroy, err);
}
