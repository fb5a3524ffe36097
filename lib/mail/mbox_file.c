/* mbox_file.c: an mbox file, opened, checked and locked as one object. */
#include "mbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "lock.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

enum { RETRY_MS = 50 };

/* --- opening ----------------------------------------------------------- */

static int
check(const struct stat *st, const char *name, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, ERR_REFUSED,
		    "%s: not a plain file: take it away", name);
	/* none: it was replaced since it was opened, which is_at() sees */
	if (st->st_nlink > 1)
		return err_set(err, ERR_REFUSED,
		    "%s: has %u names (hard links): take the others away", name,
		    (unsigned)st->st_nlink);
	if (st->st_uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "%s: belongs to uid %u, not to uid %u (chown)", name,
		    (unsigned)st->st_uid, (unsigned)geteuid());
	return 0;
}

/* A new one stays, empty, whatever becomes of what it was made for: another
 * program may have opened it by now, and wait for its lock. */
static int
open_file(struct mbox_file *f, enum mbox_file_how how, struct err *err)
{
	enum {
		FLAGS = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
		    O_NOCTTY | O_CLOEXEC
	};
	bool create = false;

	f->fd = compat_open_beneath(f->dir, f->name, FLAGS, 0);
	if (f->fd == -1 && errno == ENOENT && how != MBOX_FILE_EXISTING) {
		create = true;
		f->fd = compat_open_beneath(f->dir, f->name,
		    FLAGS | O_CREAT, 0600);
	}
	if (f->fd == -1)
		return err_open(err, f->name);
	if (create && fsync(f->dir) == -1)
		return err_sys(err, "sync the directory of %s", f->name);
	if (fstat(f->fd, &f->st) == -1)
		return err_sys(err, "%s", f->name);
	return check(&f->st, f->name, err);
}

/* Somebody may have put a new file in its place while we waited. */
static bool
is_at(const struct mbox_file *f, const char *name, const struct stat *st)
{
	struct stat now;

	return fstatat(f->dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

/* --- locking ----------------------------------------------------------- */

static void
queue_name(const struct mbox_file *f, struct str *name)
{
	str_addf(name, ".%s.queue", f->name);
}

/* In a directory that is not ours a lock file may be forbidden. */
static int
take_dotlock(struct mbox_file *f, enum mbox_file_how how, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };

	queue_name(f, &name);
	const struct dotlock_queue queue = { f->queue, str_text(&name) };
	int got = dotlock_try(f->dir, f->name, f->queue != -1 ? &queue : NULL,
	    &f->dotlock, err);

	if (got == -1 && how == MBOX_FILE_FOREIGN &&
	    (errno == EACCES || errno == EPERM || errno == EROFS))
		return 1;
	return got;
}

/* Both locks without waiting.  1: had, 0: not, and neither is held. */
static int
try_locks(struct mbox_file *f, enum mbox_file_how how, struct err *err)
{
	int got = take_dotlock(f, how, err);

	if (got != 1)
		return got;
	got = open_file(f, how, err) == -1 ? -1 : lock_try(f->fd, err);
	if (got == 1 && !is_at(f, f->name, &f->st))
		got = 0;
	if (got == 1 && fstat(f->fd, &f->st) == -1)
		got = err_sys(err, "%s", f->name);
	if (got != 1) {
		drop_fd(&f->fd);
		drop_dotlock(&f->dotlock);
	}
	return got;
}

static int
lock_both(struct mbox_file *f, enum mbox_file_how how, struct deadline d,
    struct err *err)
{
	for (;;) {
		int got = try_locks(f, how, err);
		if (got != 0)
			return got == 1 ? 0 : -1;
		if (deadline_over(d))
			return err_set(err, ERR_BUSY,
			    "%s: another program holds its lock", f->name);
		poll(NULL, 0, deadline_left(deadline_within(d, RETRY_MS)));
	}
}

/* --- the queue file ---------------------------------------------------- */

/* With its lock had: another name than that of a lock file that was left, and
 * we would write into somebody's file, or into a backup of ours. */
static int
has_foreign_name(const struct mbox_file *f, struct stat *st, bool *foreign,
    struct err *err)
{
	SCOPED(drop_str) struct str lock = { 0 };

	*foreign = false;
	if (st->st_nlink == 1)
		return 0;
	str_addf(&lock, "%s.lock", f->name);
	bool left = is_at(f, str_text(&lock), st);
	/* Who takes old lock files away may have been here just now. */
	if (!left && fstat(f->queue, st) == -1)
		return err_sys(err, ".%s.queue", f->name);
	*foreign = st->st_nlink > (left ? 2 : 1);
	return 0;
}

/* A new file takes the name, with its lock had already and with the undo
 * record; who waits for the old one sees that it has lost the name. */
static int
replace_queue(struct mbox_file *f, const char *name, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };
	SCOPED(drop_fd) int fd = -1;
	char record[MBOX_RECORD_MAX];

	ssize_t n = fd_pread(f->queue, record, sizeof record, MBOX_RECORD_AT);
	if (n == -1)
		return err_sys(err, "read %s", name);
	/* "..NAME.queue.new": with one dot it would be the new mbox of who is
	 * called "NAME.queue". */
	str_addf(&draft, ".%s.new", name);
	/* What a process left that died here. */
	unlinkat(f->dir, str_text(&draft), 0);
	fd = compat_open_beneath(f->dir, str_text(&draft),
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(err, "create %s", str_text(&draft));
	int got = lock_try(fd, err);
	if (got != 1)
		return got == -1 ? -1 : err_set(err, ERR_BUSY,
		    "%s: another program holds its lock", str_text(&draft));
	if (fd_pwrite(fd, record, (size_t)n, MBOX_RECORD_AT) == -1 ||
	    renameat(f->dir, str_text(&draft), f->dir, name) == -1 ||
	    fsync(f->dir) == -1)
		return err_sys(err, "replace %s, which has other names", name);
	drop_fd(&f->queue);
	f->queue = fd;
	fd = -1;
	return 0;
}

/* With the lock of what the name meant.  1: it is the queue, 0: it is no longer
 * the file of that name. */
static int
be_queue(struct mbox_file *f, const char *name, struct err *err)
{
	struct stat st;
	bool foreign;

	if (fstat(f->queue, &st) == -1)
		return err_sys(err, "%s", name);
	if (!is_at(f, name, &st))
		return 0;
	if (has_foreign_name(f, &st, &foreign, err) == -1 ||
	    (foreign && replace_queue(f, name, err) == -1))
		return -1;
	return 1;
}

static int
open_queue(struct mbox_file *f, struct deadline d, struct err *err)
{
	SCOPED(drop_str) struct str name = { 0 };

	queue_name(f, &name);
	for (;;) {
		if (lock_open(f->dir, str_text(&name), UINT_MAX, d, &f->queue,
		    err) == -1) {
			if (deadline_over(d))
				err->kind = ERR_BUSY;
			return -1;
		}
		int got = be_queue(f, str_text(&name), err);
		if (got != 0)
			return got == 1 ? 0 : -1;
		drop_fd(&f->queue);
		if (deadline_over(d))
			return err_set(err, ERR_BUSY,
			    "%s: others replace it again and again",
			    str_text(&name));
	}
}

/* --- the whole --------------------------------------------------------- */

int
mbox_file_open(int dir, const char *name, enum mbox_file_how how,
    struct deadline d, struct mbox_file *out, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct stat st;

	f.dir = dir;
	f.name = name;
	if (how == MBOX_FILE_EXISTING &&
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return err_set(err, ERR_ABSENT, "%s: not there", name);
	if (how != MBOX_FILE_FOREIGN && open_queue(&f, d, err) == -1)
		return -1;
	if (lock_both(&f, how, d, err) == -1 || mbox_file_undo(&f, err) == -1)
		return -1;
	*out = f;
	f = MBOX_FILE_NONE;
	return 0;
}

static void
drop_locks_around(struct mbox_file *f)
{
	drop_dotlock(&f->dotlock);
	drop_fd(&f->queue);
}

int
mbox_file_unlock(struct mbox_file *f, struct err *err)
{
	int result = lock_release(f->fd, err);

	drop_locks_around(f);
	return result == -1 ? err_within(err, "%s", f->name) : 0;
}

/* The file's own lock goes with its descriptor, and first. */
void
drop_mbox_file(struct mbox_file *f)
{
	drop_fd(&f->fd);
	drop_locks_around(f);
}
