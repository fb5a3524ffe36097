/* mbox_old.c: an mbox file whose place a new one has taken, for as long as
 * others may write to it. */
#include "mbox_old.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "lock.h"
#include "mbox.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"

enum {
	LOOK_MS = 10,
	/* Who waits for a lock in the kernel has it at once; but programs have
	 * mailboxes open for hours. */
	QUIET_MS = 500,
	CHUNK = 65536,
	HEAD = 256,
};

int
mbox_old_open(const struct mbox_file *file, struct mbox_old *old,
    struct err *err)
{
	SCOPED(drop_fd) int fd = compat_open_beneath(file->dir, file->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return err_sys(err, "open %s", file->name);
	if (st.st_ino != file->st.st_ino || st.st_dev != file->st.st_dev)
		return err_set(err, ERR_TEMPORARY,
		    "%s: another program replaced it", file->name);
	*old = (struct mbox_old){ fd, file->st.st_size };
	fd = -1;
	return 0;
}

void
drop_mbox_old(struct mbox_old *old)
{
	drop_fd(&old->fd);
}

/* The kernel gives a lease for reading while nobody has the file open for
 * writing; and nobody can open it any more.  A file system without leases says
 * no.  The signal of a lease that is broken, which has no time to come, must
 * not be SIGIO, which ends a process. */
static bool
has_no_writer(int fd)
{
	return fcntl(fd, F_SETSIG, SIGURG) == 0 &&
	    fcntl(fd, F_SETLEASE, F_RDLCK) == 0 &&
	    fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* --- moving a message -------------------------------------------------- */

struct range {
	int	fd;
	off_t	start, end;
};

static int
copy(void *arg, int to, struct err *err)
{
	const struct range *r = arg;
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);

	for (off_t at = r->start; at < r->end; ) {
		ssize_t n = fd_pread(r->fd, chunk, r->end - at < CHUNK ?
		    (size_t)(r->end - at) : CHUNK, at);
		if (n == -1 || (n > 0 && fd_write(to, chunk, (size_t)n) == -1))
			return err_sys(err, "copy");
		if (n == 0)
			return err_set(err, ERR_TEMPORARY, "became shorter");
		at += n;
	}
	return 0;
}

static int
append(struct mbox_file *f, struct range *r, struct err *err)
{
	char head[HEAD];
	ssize_t n = fd_pread(r->fd, head, r->end - r->start < HEAD ?
	    (size_t)(r->end - r->start) : HEAD, r->start);

	if (n == -1)
		return err_sys(err, "read");
	return mbox_append_entry(f, &(struct mbox_writing){ .write = copy,
	    .arg = r, .len = (uint64_t)(r->end - r->start),
	    .head = { head, (size_t)n } }, err);
}

/* With all locks: the first message of what grew, and what separates it from
 * the next one. */
static int
move_first(struct mbox_old *old, struct mbox_file *f, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };

	if (mbox_scan(old->fd, old->taken, 1, &found, err) == -1)
		return -1;
	if (found.count > 0 && append(f, &(struct range){ old->fd,
	    found.entries[0].from, found.size }, err) == -1)
		return -1;
	old->taken = found.size;
	return 0;
}

/* --- all that grows ---------------------------------------------------- */

enum growth { GROWTH_ERR = -1, GROWTH_NONE, GROWTH_LOCKED, GROWTH_MOVED };

/* Who holds the lock of the old one may be waiting for the lock file, which is
 * the new one's, too: so nothing is held while it is waited for. */
static enum growth
move_locked(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;

	if (mbox_file_open(mailbox->parent, mailbox->name, MBOX_FILE_CREATE,
	    deadline, &f, err) == -1)
		return GROWTH_ERR;
	int got = lock_try_shared(old->fd, err);
	if (got != 1)
		return got == -1 ? GROWTH_ERR : GROWTH_LOCKED;
	if (move_first(old, &f, err) == -1 ||
	    lock_release(old->fd, err) == -1)
		return GROWTH_ERR;
	return GROWTH_MOVED;
}

static enum growth
look(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	struct stat st;

	int got = lock_try_shared(old->fd, err);
	if (got != 1)
		return got == -1 ? GROWTH_ERR : GROWTH_LOCKED;
	if (lock_release(old->fd, err) == -1)
		return GROWTH_ERR;
	if (fstat(old->fd, &st) == -1) {
		err_fill_sys(err, "look at it");
		return GROWTH_ERR;
	}
	return st.st_size <= old->taken ? GROWTH_NONE :
	    move_locked(old, mailbox, deadline, err);
}

static int
watch(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	struct deadline quiet = deadline_within(deadline, QUIET_MS);

	for (;;) {
		/* First: then what is seen is all there will be. */
		bool is_last = has_no_writer(old->fd);
		enum growth got = look(old, mailbox, deadline, err);
		if (got == GROWTH_ERR)
			return -1;
		if (got == GROWTH_NONE && (is_last || deadline_over(quiet)))
			return 0;
		if (got == GROWTH_LOCKED && deadline_over(deadline))
			return err_set(err, ERR_BUSY,
			    "another program holds its lock");
		if (got != GROWTH_NONE)
			quiet = deadline_within(deadline, QUIET_MS);
		if (got != GROWTH_MOVED)
			poll(NULL, 0, LOOK_MS);
	}
}

int
mbox_old_empty(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	if (watch(old, mailbox, deadline, err) == 0)
		return 0;
	return err_within(err, "%s: what another program wrote to the file "
	    "that was replaced is not in the new one", mailbox->name);
}
