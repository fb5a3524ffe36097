/* tree.c: a directory removed with all that is in it. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change.h"
#include "child.h"
#include "fd.h"
#include "file.h"
#include "scope.h"

enum {
	MINUTES_MS = 10 * 60 * 1000,
	/* a deeper one was made to hurt; each level keeps a descriptor */
	DEPTH_MAX = 200,
	STEP = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
};

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* As who owns it.  fd is taken. */
static int
empty(int fd, unsigned depth)
{
	SCOPED(drop_fd) int kept = fd;
	SCOPED(drop_dir) DIR *dir = NULL;
	struct dirent *entry;
	int failed = 0;

	if (depth == DEPTH_MAX || (dir = fdopendir(fd)) == NULL)
		return -1;
	kept = -1;
	while ((entry = readdir(dir)) != NULL) {
		if (is_dots(entry->d_name) ||
		    unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			continue;
		int below = openat(dirfd(dir), entry->d_name, STEP);
		/* closed even to its owner, who can open it */
		if (below == -1 && errno == EACCES &&
		    fchmodat(dirfd(dir), entry->d_name, 0700, 0) == 0)
			below = openat(dirfd(dir), entry->d_name, STEP);
		if (below == -1 || empty(below, depth + 1) == -1 ||
		    unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) == -1)
			failed = -1;
	}
	return failed;
}

static int
empty_apart(int fd, struct ident who, struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	int forked = child_fork(&child, err), status;

	if (forked == -1)
		return -1;
	/* Without root nobody else can be become, and all is the owner's. */
	if (forked == 0)
		_exit((geteuid() == 0 && ident_become(who, err) == -1) ||
		    empty(fd, 0) == -1);
	if (child_wait(&child, deadline_in(MINUTES_MS), &status, err) == -1)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_TEMPORARY, "not all of it could be "
		    "removed by uid %u, whose it was: remove it by hand",
		    (unsigned)who.uid);
	return 0;
}

int
tree_destroy(int dir, const char *name, struct ident who, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0) == -1 ?
		    err_sys(err, "remove it") : 0;
	fd = openat(dir, name, STEP);
	if (fd == -1)
		return err_sys(err, "%s", name);
	if (empty_apart(fd, who, err) == -1)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR) == -1 ?
	    err_sys(err, "remove it") : 0;
}

int
tree_remove(int dir, const char *name, struct ident who, struct err *err)
{
	struct stat st;

	if (change_stat(dir, name, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "%s", name);
	int go = change_tell(&(struct change){ .kind = CHANGE_DESTROY,
	    .dir = dir, .name = name, .fd = -1 }, err);
	return go == 1 ? tree_destroy(dir, name, who, err) : go;
}
