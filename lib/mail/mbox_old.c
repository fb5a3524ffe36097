/* mbox_old.c: an mbox file whose place a new one has taken, for as long as
 * others may write to it. */
#include "mbox_old.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "lock.h"
#include "mbox.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"
#include "stamp.h"
#include "uids_read.h"

enum {
	LOOK_MS = 10,
	/* Where its time does not tell yet whether there is more, all of it is
	 * read again. */
	AGAIN_MS = 50,
	/* Who waits for a lock in the kernel has it at once, and others try
	 * once a second (mutt); but programs have mailboxes open for hours. */
	QUIET_MS = 1500,
	/* few hold the lock for longer */
	TOUCH_MS = 1000,
	CHUNK = 65536,
	HEAD = 256,
};

/* --- what was there before ---------------------------------------------- */

static void
take(struct mbox_old *old, const struct mbox_entry *entries, size_t count)
{
	old->taken = mem_grow(old->taken, old->count + count,
	    sizeof *old->taken);
	for (size_t i = 0; i < count; i++)
		old->taken[old->count++] = entries[i].hash;
}

/* A rename gives a file another time of change, so that is not looked at. */
static void
be_known(struct mbox_old *old, const struct stat *st)
{
	struct timespec tick;

	old->size = st->st_size;
	old->modified = st->st_mtim;
	old->settled = clock_gettime(CLOCK_REALTIME_COARSE, &tick) == 0 &&
	    stamp_is_over(&st->st_mtim, &tick, 1);
}

static bool
is_known(const struct mbox_old *old, const struct stat *st)
{
	return old->settled && st->st_size == old->size &&
	    st->st_mtim.tv_sec == old->modified.tv_sec &&
	    st->st_mtim.tv_nsec == old->modified.tv_nsec;
}

int
mbox_old_open(const struct mbox_file *file, const struct mbox_scan *scan,
    struct mbox_old *out, struct err *err)
{
	SCOPED(drop_mbox_old) struct mbox_old old = MBOX_OLD_NONE;
	SCOPED(drop_mbox_scan) struct mbox_scan since = { 0 };
	struct stat st;

	old.fd = compat_open_beneath(file->dir, file->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (old.fd == -1 || fstat(old.fd, &st) == -1)
		return err_sys(err, "open %s", file->name);
	if (st.st_ino != file->st.st_ino || st.st_dev != file->st.st_dev)
		return err_set(err, ERR_TEMPORARY,
		    "%s: another program replaced it", file->name);
	if (scan->size < st.st_size &&
	    mbox_scan(old.fd, scan->size, SIZE_MAX, &since, err) == -1)
		return -1;
	take(&old, scan->entries, scan->count);
	/* Who takes no lock may have written since all was copied. */
	for (size_t i = 0; i < since.count &&
	    since.entries[i].from < file->st.st_size; i++)
		take(&old, &since.entries[i], 1);
	be_known(&old, &file->st);
	*out = old;
	old = MBOX_OLD_NONE;
	return 0;
}

void
drop_mbox_old(struct mbox_old *old)
{
	drop_fd(&old->fd);
	drop_mem(&old->taken);
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

/* Which of them have come since: there are more of their hash now. */
static void
find_new(const struct mbox_old *old, const struct mbox_scan *now, bool *is_new)
{
	SCOPED(drop_uid_census) struct uid_census before = { 0 }, is = { 0 };
	SCOPED(drop_mem) struct uid_hash *hashes =
	    mem_alloc(now->count * sizeof *hashes);

	for (size_t i = 0; i < now->count; i++)
		hashes[i] = now->entries[i].hash;
	uid_census_take(old->taken, old->count, &before);
	uid_census_take(hashes, now->count, &is);
	for (size_t i = now->pseudo ? 1 : 0; i < now->count; i++)
		is_new[i] = is.place[i] > uid_census_count(&before,
		    &hashes[i]);
}

/* With all locks. */
static int
move_new(struct mbox_old *old, const struct mbox_scan *now,
    struct mbox_file *f, struct err *err)
{
	const struct mbox_entry *e = now->entries;
	SCOPED(drop_mem) bool *is_new = mem_alloc(now->count * sizeof *is_new);

	find_new(old, now, is_new);
	for (size_t i = 0; i < now->count; i++) {
		off_t end = i + 1 < now->count ? e[i + 1].from : now->size;
		if (!is_new[i])
			continue;
		if (append(f, &(struct range){ old->fd, e[i].from, end },
		    err) == -1)
			return -1;
		take(old, &e[i], 1);
	}
	return 0;
}

/* --- all that comes ---------------------------------------------------- */

enum growth { GROWTH_ERR = -1, GROWTH_NONE, GROWTH_LOCKED, GROWTH_MOVED };

/* Who holds the lock of the old one may be waiting for the lock file, which is
 * the new one's, too: so nothing is held while it is waited for. */
static enum growth
move_locked(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };
	size_t before = old->count;
	struct stat st;

	if (mbox_file_open(mailbox->parent, mailbox->name, MBOX_FILE_CREATE,
	    deadline, &f, err) == -1)
		return GROWTH_ERR;
	int got = lock_try_shared(old->fd, err);
	if (got != 1)
		return got == -1 ? GROWTH_ERR : GROWTH_LOCKED;
	if (fstat(old->fd, &st) == -1) {
		err_fill_sys(err, "look at it");
		return GROWTH_ERR;
	}
	be_known(old, &st);
	if (mbox_scan(old->fd, 0, SIZE_MAX, &now, err) == -1 ||
	    move_new(old, &now, &f, err) == -1 ||
	    lock_release(old->fd, err) == -1)
		return GROWTH_ERR;
	return old->count > before ? GROWTH_MOVED : GROWTH_NONE;
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
	return is_known(old, &st) ? GROWTH_NONE :
	    move_locked(old, mailbox, deadline, err);
}

/* Where Dovecot has written within the second of the last change it waits for
 * another time of its mbox, with all locks, for ever: it sets that by the name,
 * which is not its file's any more.  So that gets one here. */
static void
nudge(const struct mbox_old *old, enum growth got, struct deadline *patience)
{
	if (got == GROWTH_LOCKED && !deadline_over(*patience))
		return;
	if (got == GROWTH_LOCKED && futimens(old->fd, NULL) == -1)
		return;			/* then it is waited for in vain */
	*patience = deadline_in(TOUCH_MS);
}

static int
watch(struct mbox_old *old, const struct mailbox *mailbox,
    struct deadline deadline, struct err *err)
{
	struct deadline quiet = deadline_within(deadline, QUIET_MS),
	    patience = deadline_in(TOUCH_MS);

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
		nudge(old, got, &patience);
		if (got != GROWTH_NONE)
			quiet = deadline_within(deadline, QUIET_MS);
		if (got != GROWTH_MOVED)
			poll(NULL, 0, old->settled ? LOOK_MS : AGAIN_MS);
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
