/* file.c: plain files: read, and replaced whole. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "compat.h"
#include "fd.h"
#include "mem.h"
#include "scope.h"

int
dir_open(int parent, const char *path, int *fd, struct err *err)
{
	int got = change_open(parent, path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (got == -1)
		return err_open(err, path);
	*fd = got;
	return 0;
}

int
dir_make(int parent, const char *path, mode_t mode, int *fd, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_fd) int got = openat(parent, path, FLAGS);

	if (got == -1 && errno == ENOENT) {
		if (mkdirat(parent, path, mode) == -1 && errno != EEXIST)
			return err_sys(err, "make %s", path);
		got = openat(parent, path, FLAGS);
		if (got != -1 && fchmod(got, mode) == -1)
			return err_sys(err, "mode of %s", path);
	}
	if (got == -1)
		return err_sys(err, "%s", path);
	*fd = got;
	got = -1;
	return 0;
}

void
drop_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

int
file_open(int dir, const char *name, int flags, int *fd, struct stat *st,
    struct err *err)
{
	struct stat found;
	SCOPED(drop_fd) int got = -1;

	got = change_open(dir, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
	if (got == -1)
		return err_open(err, name);
	if (fstat(got, &found) == -1)
		return err_sys(err, "%s", name);
	if (!S_ISREG(found.st_mode))
		return err_set(err, ERR_TEMPORARY, "%s: not a regular file",
		    name);
	if (st != NULL)
		*st = found;
	*fd = got;
	got = -1;
	return 0;
}

int
file_read(int fd, size_t max, struct str *text, struct err *err)
{
	size_t before = text->len;

	for (;;) {
		str_room(text, 16384);
		size_t room = text->cap - text->len - 1;
		ssize_t n = fd_read(fd, text->s + text->len, room);
		if (n == -1)
			return err_sys(err, "read");
		text->len += (size_t)n;
		text->s[text->len] = '\0';
		if (text->len - before > max)
			return err_set(err, ERR_INVALID,
			    "longer than %zu bytes", max);
		/* A terminal tells its end once. */
		if ((size_t)n < room)
			return 0;
	}
}

int
file_copy(int from, int to, off_t *size, struct err *err)
{
	enum { BLOCK = 256 * 1024 };
	SCOPED(drop_mem) char *buffer = mem_alloc(BLOCK);
	off_t at = 0;
	ssize_t n;

	while ((n = fd_pread(from, buffer, BLOCK, at)) > 0) {
		if (fd_write(to, buffer, (size_t)n) == -1)
			return err_sys(err, "write");
		at += n;
	}
	if (n == -1)
		return err_sys(err, "read");
	*size = at;
	return 0;
}

/* False: not allowed.  A group that this process may not give away loses its
 * rights instead: nobody gets more than before. */
static bool
give_to(int fd, const struct stat *old, mode_t *mode)
{
	if ((old->st_uid == geteuid() && old->st_gid == getegid()) ||
	    fchown(fd, old->st_uid, old->st_gid) == 0)
		return true;
	*mode &= ~(mode_t)(S_ISGID | S_IRWXG);
	return errno == EPERM && old->st_uid == geteuid();
}

/* New files are given to whoever the old one belonged to; NULL: there is none. */
static int
copy_ownership(const struct stat *old, const char *name, int fd, mode_t mode,
    struct err *err)
{
	if (old != NULL) {
		mode = old->st_mode & 07777;
		if (!give_to(fd, old, &mode))
			return err_sys(err, "owner of %s", name);
	}
	if (fchmod(fd, mode) == -1)
		return err_sys(err, "mode of %s", name);
	return 0;
}

/* A rehearsal leaves no trace, not even the time of a directory.  Where a file
 * system knows no files without names, it does. */
static bool
begin_nameless(int dir, struct draft *d)
{
	SCOPED(drop_str) struct str link = { 0 };

	if (!change_is_rehearsed())
		return false;
	d->fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (d->fd == -1)
		return false;
	str_addf(&link, "/proc/self/fd/%d", d->fd);
	d->temporary = mem_dup(link.s, link.len);
	d->nameless = true;
	return true;
}

static int
begin_named(int dir, const char *name, struct draft *d, struct err *err)
{
	SCOPED(drop_str) struct str temporary = { 0 };

	str_addf(&temporary, ".%s.new", name);
	if (unlinkat(dir, str_text(&temporary), 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove old %s", str_text(&temporary));
	d->fd = compat_open_beneath(dir, str_text(&temporary),
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->fd == -1)
		return err_sys(err, "create %s", str_text(&temporary));
	d->temporary = mem_dup(temporary.s, temporary.len);
	return 0;
}

static struct stamp
stamp_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
	    stamp_of(&st) : (struct stamp){ 0 };
}

int
draft_begin_like(int dir, const char *name, const struct stat *old,
    mode_t mode, struct draft *draft, struct err *err)
{
	SCOPED(drop_draft) struct draft d = { .dir = dir, .fd = -1 };

	if (!begin_nameless(dir, &d) && begin_named(dir, name, &d, err) == -1)
		return -1;
	d.name = mem_dup(name, slice_of(name).len);
	if (change_is_watched())
		d.was = stamp_at(dir, name);
	if (copy_ownership(old, name, d.fd, mode, err) == -1)
		return -1;
	*draft = d;
	d = (struct draft){ .fd = -1 };
	return 0;
}

int
draft_begin(int dir, const char *name, mode_t mode, struct draft *draft,
    struct err *err)
{
	struct stat old;
	bool there = fstatat(dir, name, &old, 0) == 0;

	if (!there && errno != ENOENT)
		return err_sys(err, "%s", name);
	return draft_begin_like(dir, name, there ? &old : NULL, mode, draft,
	    err);
}

int
draft_publish(struct draft *draft, struct err *err)
{
	if (renameat(draft->dir, draft->temporary, draft->dir,
	    draft->name) == -1)
		return err_sys(err, "replace %s", draft->name);
	drop_mem(&draft->temporary);		/* nothing left to undo */
	return 0;
}

/* What an editor saved since stays; between this look and the rename there is
 * nothing else. */
static int
check_same(const struct draft *draft, struct err *err)
{
	const struct stamp now = stamp_at(draft->dir, draft->name);

	return draft->derived || !change_is_watched() ||
	    stamp_same(&now, &draft->was) ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s changed meanwhile: try again", draft->name);
}

int
draft_commit(struct draft *draft, struct err *err)
{
	const struct change change = { .kind = CHANGE_FILE, .dir = draft->dir,
	    .name = draft->name, .fd = draft->fd };

	if (!change_is_rehearsed() && fsync(draft->fd) == -1)
		return err_sys(err, "sync %s", draft->temporary);
	int go = draft->derived ? !change_is_rehearsed() :
	    change_tell(&change, err);
	if (go != 1)
		return go;
	if (check_same(draft, err) == -1) {
		change_not_made();
		return -1;
	}
	if (draft_publish(draft, err) == -1)
		return -1;
	if (fsync(draft->dir) == -1)
		return err_sys(err, "sync the directory of %s", draft->name);
	return 0;
}

void
drop_draft(struct draft *draft)
{
	drop_fd(&draft->fd);
	if (draft->temporary != NULL && !draft->nameless)
		unlinkat(draft->dir, draft->temporary, 0);
	drop_mem(&draft->temporary);
	drop_mem(&draft->name);
}

int
file_replace(int dir, const char *name, mode_t mode, struct slice text,
    struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (draft_begin(dir, name, mode, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, text.p, text.len) == -1)
		return err_sys(err, "write %s", draft.temporary);
	return draft_commit(&draft, err);
}
