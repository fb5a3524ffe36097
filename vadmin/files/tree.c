/* tree.c: a directory removed with all that is in it. */
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change.h"
#include "child.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "scope.h"

enum {
	MINUTES_MS = 10 * 60 * 1000,
	DEPTH_MAX = 200,	/* each level keeps a descriptor */
	STEP = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
};

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

struct emptying {
	int		top;		/* what all of it is below */
	unsigned	brought;	/* so many came up to it */
};

static int	empty(struct emptying *e, int fd, unsigned depth);

/* What lies too deep comes up, to be emptied in its turn. */
static int
bring_up(struct emptying *e, int dir, const char *name)
{
	char new[64];

	snprintf(new, sizeof new, ".vmail-deep.%ld.%u", (long)getpid(),
	    e->brought);
	if (compat_renameat2_noreplace(dir, name, e->top, new) == -1)
		return -1;
	e->brought++;
	return 0;
}

static int
remove_below(struct emptying *e, int dir, const char *name, unsigned depth)
{
	/* closed even to its owner, who can open it */
	int below = openat(dir, name, STEP);
	if (below == -1 && errno == EACCES &&
	    fchmodat(dir, name, 0700, 0) == 0)
		below = openat(dir, name, STEP);
	if (below == -1)
		return -1;
	/* without this nothing goes out of it, and it goes nowhere */
	(void)fchmod(below, 0700);
	if (depth == DEPTH_MAX) {
		drop_fd(&below);
		return bring_up(e, dir, name);
	}
	return empty(e, below, depth + 1) == -1 ||
	    unlinkat(dir, name, AT_REMOVEDIR) == -1 ? -1 : 0;
}

/* As who owns it.  fd is taken. */
static int
empty(struct emptying *e, int fd, unsigned depth)
{
	SCOPED(drop_dir) DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int failed = 0;

	if (dir == NULL) {
		drop_fd(&fd);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL)
		if (!is_dots(entry->d_name) &&
		    unlinkat(dirfd(dir), entry->d_name, 0) == -1 &&
		    remove_below(e, dirfd(dir), entry->d_name, depth) == -1)
			failed = -1;
	return failed;
}

static int
empty_all(int fd)
{
	struct emptying e = { .top = fd };
	unsigned before;
	int got;

	(void)fchmod(fd, 0700);
	do {
		int copy = openat(fd, ".", STEP);
		before = e.brought;
		got = copy == -1 ? -1 : empty(&e, copy, 0);
	} while (got == 0 && e.brought > before);
	return got;
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
		    empty_all(fd) == -1);
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
