/* fsck_look.c: what does not fit of an account's inbox and vacation, by a
 * process that has become it. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "dotlock.h"
#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "lock.h"
#include "mailbox.h"
#include "mbox_file.h"
#include "scope.h"
#include "vacation.h"

enum { LOCK_MS = 10000 };

/* --- an mbox --------------------------------------------------------- */

struct inbox {
	const struct looking	*l;
	const struct mailbox	*mailbox;
	struct pool		 pool;
};

static const char *
about(struct inbox *b, const char *name, const char *what)
{
	const char *slash = strrchr(b->mailbox->path, '/');
	int len = slash == NULL ? 0 : (int)(slash - b->mailbox->path);

	return pool_format(&b->pool, "%.*s/%s: %s", len, b->mailbox->path,
	    name, what);
}

/* Opening it as a delivery does ends what a crash left. */
static bool
open_and_close(const struct inbox *b)
{
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;
	struct err err;

	return mbox_file_open(b->mailbox->parent, b->mailbox->name,
	    MBOX_FILE_EXISTING, deadline_in(LOCK_MS), &file, &err) == 0;
}

static void
look_at_lock(struct inbox *b)
{
	const char *name = b->mailbox->name, *text;

	if (!dotlock_is_stale(b->mailbox->parent, name))
		return;
	text = about(b, pool_format(&b->pool, "%s.lock", name),
	    "its process is gone, or forgot it");
	if (look_repairs(b->l, text))
		look_repaired(b->l, text, open_and_close(b));
}

/* The queue file with its lock, -1 where there is none.  False: somebody has
 * it, and is about the mbox. */
static bool
hold_queue(struct inbox *b, int *fd)
{
	const char *name = pool_format(&b->pool, ".%s.queue",
	    b->mailbox->name);
	struct err err;

	*fd = compat_open_beneath(b->mailbox->parent, name,
	    O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	int got = *fd == -1 ? -1 : lock_try(*fd, &err);
	if (got == -1)
		look_unseen(b->l, "beside the inbox", name);
	return *fd == -1 || got == 1;
}

/* Of an append or a cut that nobody is about. */
static bool
is_half_done(struct inbox *b)
{
	SCOPED(drop_fd) int fd = -1;
	char text[8] = "";

	if (!hold_queue(b, &fd) || fd == -1)
		return false;
	ssize_t n = fd_pread(fd, text, sizeof text - 1, MBOX_RECORD_AT);
	if (n == -1)
		look_unseen(b->l, "beside the inbox", b->mailbox->name);
	return n > 4 && (strncmp(text, "append ", 7) == 0 || strncmp(text, "cut", 3) == 0);
}

static void
look_at_record(struct inbox *b)
{
	const char *text;

	if (!is_half_done(b))
		return;
	text = about(b, b->mailbox->name, "a delivery or a QUIT was "
	    "interrupted, and its end is not as it should be");
	if (look_repairs(b->l, text))
		look_repaired(b->l, text, open_and_close(b));
}

static void
look_at_mode(struct inbox *b, const struct stat *st)
{
	SCOPED(drop_fd) int fd = -1;
	mode_t wrong = S_ISDIR(st->st_mode) ? S_IWGRP | S_IWOTH : 077;

	if ((st->st_mode & wrong) == 0)
		return;
	const char *text = about(b, b->mailbox->name, pool_format(&b->pool,
	    "its mode is %o: others are let in", st->st_mode & 07777));
	if (!look_repairs(b->l, text))
		return;
	fd = compat_open_beneath(b->mailbox->parent, b->mailbox->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	look_repaired(b->l, text, fd != -1 && fchmod(fd, st->st_mode & 07777 &
	    ~wrong) == 0);
}

static void
look_at_start(struct inbox *b)
{
	SCOPED(drop_fd) int fd = compat_open_beneath(b->mailbox->parent,
	    b->mailbox->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	    0);
	char text[256];
	ssize_t n = fd == -1 ? -1 : fd_read(fd, text, sizeof text - 1);

	if (n == -1)
		look_unseen(b->l, "the inbox", b->mailbox->name);
	if (n <= 0)
		return;
	text[n] = '\0';
	const char *start = text + strspn(text, "\r\n");
	if (strncmp(start, "From ", 5) != 0)
		look_told(b->l, 'F', "%s", about(b, b->mailbox->name,
		    "it does not begin with a line \"From \", and is no mbox: "
		    "nobody can fetch it: put one in front of it"));
}

/* What a QUIT left that was interrupted: a copy of what is in the mbox. */
static void
look_at_drafts(struct inbox *b)
{
	static const char *const forms[][2] = {
		{ ".", ".new" }, { "..", ".uids.new" }, { "..", ".cache.new" },
		{ "..", ".queue.new" },
	};
	SCOPED(drop_fd) int queue = -1;
	int dir = b->mailbox->parent;
	struct stat st;

	/* with its lock had, nobody is writing one */
	if (!hold_queue(b, &queue))
		return;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const char *name = pool_format(&b->pool, "%s%s%s", forms[i][0],
		    b->mailbox->name, forms[i][1]), *text;
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		text = about(b, name, "left by a QUIT that was interrupted");
		if (look_repairs(b->l, text))
			look_repaired(b->l, text,
			    unlinkat(dir, name, 0) == 0);
	}
}

static void
look_at_cache(struct inbox *b)
{
	enum { HEAD = 88, RECORD = 48 };
	const char *name = pool_format(&b->pool, ".%s.cache",
	    b->mailbox->name), *text;
	struct stat st;

	if (fstatat(b->mailbox->parent, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_size >= HEAD &&
	    (st.st_size - HEAD) % RECORD == 0))
		return;
	text = about(b, name, "not as it is written: each login reads all of "
	    "the mbox");
	if (look_repairs(b->l, text))
		look_repaired(b->l, text,
		    unlinkat(b->mailbox->parent, name, 0) == 0);
}

static void
look_at_mbox(struct inbox *b)
{
	look_at_record(b);	/* opening it later would mend it */
	look_at_lock(b);
	look_at_start(b);
	look_at_cache(b);
	look_at_drafts(b);
}

/* --- the vacation ---------------------------------------------------- */

/* As this machine's GDBM begins a file. */
static bool
is_index(int fd, off_t size)
{
	static const uint32_t magics[] = { 0x13579ace, 0x13579acd, 0x13579acf,
	    0x13579ad0, 0x13579ad1 };
	uint32_t magic = 0;

	if (size == 0)
		return true;		/* a fresh one */
	ssize_t n = fd_pread(fd, &magic, sizeof magic, 0);
	if (n != sizeof magic)
		/* one that cannot be read now may be read later */
		return n == -1;
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (magic == magics[i])
			return true;
	return false;
}

/* As a delivery would, but that would answer once more. */
static void
look_at_index(const struct looking *l, const char *directory,
    const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err err;

	if (dir_open(AT_FDCWD, directory, &dir, &err) == -1 ||
	    file_open(dir, name, O_NOFOLLOW, &fd, &st, &err) == -1 ||
	    st.st_uid != geteuid() || is_index(fd, st.st_size))
		return;
	const char *text = pool_format(&pool, "%s/%s: no index of GDBM's: who "
	    "was answered is forgotten", directory, name);
	if (!look_repairs(l, text))
		return;
	bool done = renameat(dir, name, dir, pool_format(&pool, "%s.damaged",
	    name)) == 0;
	SCOPED(drop_fd) int fresh = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	look_repaired(l, text, done && fresh != -1);
}

/* --- the forward at home --------------------------------------------- */

/* What it says is read as a delivery reads it, by the process that asked.  One
 * in the spool's files comes before it, and is looked at by its name there.  A
 * home that the account cannot even reach is told with what closes it. */
static void
look_at_forward(const struct looking *l)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *home = l->account->home;
	const struct domain *domain = l->account->domain;
	struct stat st;

	if (home[0] != '/' || lstat(home, &st) == -1 ||
	    stat(pool_format(&pool, "%s/files/%s/%s.forward",
	    installation_path(domain->in, &pool, domain->in->conf.spool),
	    domain->name, l->account->name), &st) == 0)
		return;
	if (lstat(pool_format(&pool, "%s/.forward", home), &st) == 0 ||
	    errno == EACCES || errno == ELOOP)
		look_told(l, 'W', "%s", home);
}

/* --- the whole ------------------------------------------------------- */

static void
look_at_inbox(const struct looking *l, const struct mailbox *mailbox)
{
	struct inbox b = { .l = l, .mailbox = mailbox };
	SCOPED(drop_fd) int dir = -1;
	struct stat st;

	if (fstatat(mailbox->parent, mailbox->name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1) {
		look_unseen(l, "the inbox", mailbox->name);
		return;
	}
	if (st.st_uid != geteuid())
		return;			/* the shared checks tell whose it is */
	look_at_mode(&b, &st);
	if (S_ISREG(st.st_mode) && st.st_nlink == 1)
		look_at_mbox(&b);
	if (S_ISDIR(st.st_mode)) {
		dir = compat_open_beneath(mailbox->parent, mailbox->name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (dir != -1)
			look_at_maildir(l, dir, mailbox->path);
		else
			look_unseen(l, "the inbox", mailbox->name);
	}
	drop_pool(&b.pool);
}

int
fsck_look(void *looking, struct err *err)
{
	const struct looking *l = looking;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;

	for (int place = VACATION_FILES; place < VACATION_PLACES; place++) {
		struct vacation_files files = vacation_files(l->account,
		    (enum vacation_place)place, &pool);
		look_at_index(l, files.directory, files.index);
	}
	look_at_forward(l);
	if (mailbox_open(l->account, false, &pool, &mailbox, err) == -1) {
		/* the shared checks tell what is in the way */
		if (err->kind != ERR_ABSENT && err->kind != ERR_REFUSED)
			look_told(l, 'F', "%s: %s", mailbox_path(l->account,
			    &pool), err->text);
		return 0;
	}
	look_at_inbox(l, &mailbox);
	return 0;
}
