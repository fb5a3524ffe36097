/* relocate.c: directories and inboxes moved while mail flows. */
#include "relocate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "compat.h"
#include "moved.h"
#include "scope.h"
#include "str.h"

enum { TRIES = 100 };

bool
relocate_is_mark(struct place at, const char *mark)
{
	char text[PATH_MAX];
	ssize_t n = change_read_link(at.dir, at.name, text, sizeof text);
	struct slice to = { text, n > 0 ? (size_t)n : 0 };

	return mark != NULL ? slice_is(to, mark) : slice_starts(to, MOVED);
}

static bool
is_there(struct place at)
{
	struct stat st;

	return change_stat(at.dir, at.name, &st) == 0 || errno != ENOENT;
}

static bool
is_thing(struct place at)
{
	return is_there(at) && !relocate_is_mark(at, NULL);
}

static int
is_in_the_way(const char *name, struct err *err)
{
	return err_set(err, ERR_EXISTS, "there is a %s already: move it away",
	    name);
}

/* Tells the watcher: 1: it is to be done. */
static int
tell(struct place from, struct place to, const char *mark, struct err *err)
{
	const struct change change = { .kind = CHANGE_RELOCATE,
	    .dir = from.dir, .name = from.name, .fd = -1, .to_dir = to.dir,
	    .to = to.name, .mark = mark };

	if (is_thing(from) && is_thing(to))
		return is_in_the_way(to.name, err);
	return change_tell(&change, err);
}

static int
sync_both(struct place a, struct place b, struct err *err)
{
	return fsync(a.dir) == -1 || fsync(b.dir) == -1 ?
	    err_sys(err, "sync the directory of %s", a.name) : 0;
}

/* Of a mark that was to be replaced when somebody killed us. */
static int
remove_draft(struct place at, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };

	str_addf(&draft, ".%s.mark", at.name);
	return unlinkat(at.dir, str_text(&draft), 0) == -1 && errno != ENOENT ?
	    err_sys(err, "remove %s", str_text(&draft)) : 0;
}

int
relocate_clear(struct place at, struct err *err)
{
	if (!relocate_is_mark(at, NULL))
		return 0;
	if (change_remove(at.dir, at.name, NULL, err) == -1)
		return -1;
	if (!change_is_rehearsed() && remove_draft(at, err) == -1)
		return -1;
	return !change_is_rehearsed() && fsync(at.dir) == -1 ?
	    err_sys(err, "remove %s", at.name) : 0;
}

/* Where a mark is it is replaced in one step: without it, for a moment, somebody
 * could make what it keeps from being made.  1: it is there, 0: something else
 * is. */
static int
put_mark(struct place at, const char *mark, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };

	if (!relocate_is_mark(at, NULL)) {
		if (symlinkat(mark, at.dir, at.name) == 0)
			return 1;
		return errno == EEXIST ? 0 : err_sys(err, "mark %s", at.name);
	}
	if (remove_draft(at, err) == -1)
		return -1;
	str_addf(&draft, ".%s.mark", at.name);
	if (symlinkat(mark, at.dir, str_text(&draft)) == -1 ||
	    renameat(at.dir, str_text(&draft), at.dir, at.name) == -1)
		return err_sys(err, "mark %s", at.name);
	return 1;
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
	int put = put_mark(to, mark, err);

	if (put != 1)
		return put == -1 ? -1 : is_in_the_way(to.name, err);
	if (compat_renameat2_exchange(from.dir, from.name, to.dir,
	    to.name) == 0)
		return 0;
	return knows_no_exchange(errno) ? move_in_two_steps(from, to, mark,
	    err) : err_sys(err, "move %s to %s", from.name, to.name);
}

/* A mark that says "to" is where nothing will ever come: whoever waits there,
 * waits in vain. */
static int
mark_nothing(struct place from, struct place to, const char *mark,
    struct err *err)
{
	if (put_mark(from, mark, err) == -1)
		return -1;
	return relocate_is_mark(to, NULL) && unlinkat(to.dir, to.name,
	    0) == -1 ? err_sys(err, "remove %s", to.name) : 0;
}

int
relocate(struct place from, struct place to, const char *mark, struct err *err)
{
	int go = relocate_is_mark(from, mark) ? 1 : tell(from, to, mark, err);

	if (go != 1)
		return go;
	/* Somebody may make the thing between the look and the mark. */
	while (!relocate_is_mark(from, mark)) {
		if (!is_thing(from)) {
			if (mark_nothing(from, to, mark, err) == -1)
				return -1;
		} else if (exchange(from, to, mark, err) == -1)
			return -1;
	}
	return sync_both(from, to, err);
}

static int
bring_back(struct place away, struct place home, struct err *err)
{
	bool marked = relocate_is_mark(home, NULL);
	int moved = marked ? compat_renameat2_exchange(away.dir, away.name,
	    home.dir, home.name) : compat_renameat2_noreplace(away.dir,
	    away.name, home.dir, home.name);

	if (moved == -1 && marked && knows_no_exchange(errno))
		moved = unlinkat(home.dir, home.name, 0) == -1 ? -1 :
		    renameat(away.dir, away.name, home.dir, home.name);
	if (moved == -1)
		return errno == EEXIST ? is_in_the_way(home.name, err) :
		    err_sys(err, "bring %s back", home.name);
	return relocate_is_mark(away, NULL) && unlinkat(away.dir, away.name,
	    0) == -1 ? err_sys(err, "remove %s", away.name) : 0;
}

int
relocate_back(struct place away, struct place home, struct err *err)
{
	if (is_thing(away)) {
		int go = tell(away, home, NULL, err);
		if (go != 1)
			return go;
		if (bring_back(away, home, err) == -1)
			return -1;
	} else if (relocate_clear(away, err) == -1 ||
	    relocate_clear(home, err) == -1)
		return -1;
	return sync_both(home, away, err);
}
