/* relocate.c: directories and inboxes moved while mail flows. */
#include "relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "moved.h"
#include "str.h"

enum { TRIES = 100 };

bool
relocate_is_mark(struct place at, const char *mark)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(at.dir, at.name, text, sizeof text);
	struct slice to = { text, n > 0 ? (size_t)n : 0 };

	return mark != NULL ? slice_is(to, mark) : slice_starts(to, MOVED);
}

static bool
is_there(struct place at)
{
	struct stat st;

	return fstatat(at.dir, at.name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

static int
sync_both(struct place a, struct place b, struct err *err)
{
	return fsync(a.dir) == -1 || fsync(b.dir) == -1 ?
	    err_sys(err, "sync the directory of %s", a.name) : 0;
}

int
relocate_clear(struct place at, struct err *err)
{
	if (!relocate_is_mark(at, NULL))
		return 0;
	return unlinkat(at.dir, at.name, 0) == -1 || fsync(at.dir) == -1 ?
	    err_sys(err, "remove %s", at.name) : 0;
}

static bool
knows_no_exchange(int error)
{
	return error == EINVAL || error == ENOSYS;
}

/* Where a file system cannot exchange two names there is a moment without
 * either: who makes a directory in it makes an empty one, or it is told. */
static int
move_in_two_steps(struct place from, struct place to, const char *mark,
    struct err *err)
{
	if (unlinkat(to.dir, to.name, 0) == -1 ||
	    renameat(from.dir, from.name, to.dir, to.name) == -1)
		return err_sys(err, "move %s to %s", from.name, to.name);
	for (int i = 0; i < TRIES; i++) {
		if (symlinkat(mark, from.dir, from.name) == 0)
			return 0;
		if (errno != EEXIST)
			return err_sys(err, "mark %s", from.name);
		unlinkat(from.dir, from.name, AT_REMOVEDIR);
	}
	return err_set(err, ERR_BUSY, "mail came to %s while it was moved to "
	    "%s: stop mail, move that there by hand, and repeat this",
	    from.name, to.name);
}

static int
exchange(struct place from, struct place to, const char *mark, struct err *err)
{
	if (relocate_is_mark(to, NULL) &&
	    unlinkat(to.dir, to.name, 0) == -1)
		return err_sys(err, "remove %s", to.name);
	if (symlinkat(mark, to.dir, to.name) == -1)
		return errno == EEXIST ? err_set(err, ERR_EXISTS,
		    "there is a %s already: move it away", to.name) :
		    err_sys(err, "make %s", to.name);
	if (compat_renameat2_exchange(from.dir, from.name, to.dir,
	    to.name) == 0)
		return 0;
	return knows_no_exchange(errno) ? move_in_two_steps(from, to, mark,
	    err) : err_sys(err, "move %s to %s", from.name, to.name);
}

int
relocate(struct place from, struct place to, const char *mark, struct err *err)
{
	/* Somebody may make the thing between the look and the mark. */
	while (!relocate_is_mark(from, mark)) {
		if (relocate_is_mark(from, NULL) || !is_there(from)) {
			if (relocate_clear(from, err) == -1)
				return -1;
			if (symlinkat(mark, from.dir, from.name) == -1 &&
			    errno != EEXIST)
				return err_sys(err, "mark %s", from.name);
		} else if (exchange(from, to, mark, err) == -1)
			return -1;
	}
	return sync_both(from, to, err);
}

int
relocate_back(struct place away, struct place home, struct err *err)
{
	if (is_there(away) && !relocate_is_mark(away, NULL)) {
		bool marked = relocate_is_mark(home, NULL);
		int moved = marked ? compat_renameat2_exchange(away.dir,
		    away.name, home.dir, home.name) :
		    compat_renameat2_noreplace(away.dir, away.name, home.dir,
		    home.name);
		if (moved == -1 && marked && knows_no_exchange(errno))
			moved = unlinkat(home.dir, home.name, 0) == -1 ? -1 :
			    renameat(away.dir, away.name, home.dir, home.name);
		if (moved == -1)
			return errno == EEXIST ? err_set(err, ERR_EXISTS,
			    "there is a %s already: move it away", home.name) :
			    err_sys(err, "bring %s back", home.name);
	}
	if (relocate_clear(away, err) == -1 || relocate_clear(home, err) == -1)
		return -1;
	return sync_both(home, away, err);
}
