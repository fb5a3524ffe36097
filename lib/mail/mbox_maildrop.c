/* mbox_maildrop.c: an mbox file as a maildrop.
 *
 * The file is scanned under its locks, then read without them; so whatever is
 * read is checked to be still what was scanned before it is given away.
 * Deletion writes a new file and renames it over the old one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "mbox.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"
#include "uids.h"

enum {
	COPY = 65536,
	/* two changes closer than this may carry one time stamp */
	CLOCK_TICK_MS = 20,
};

/* What tells whether a file has been changed since. */
struct state {
	struct timespec	changed;
	off_t		size;
	/* any later change has a later time stamp */
	bool		settled;
};

struct mbox_maildrop {
	struct maildrop		 drop;
	const struct mailbox	*mailbox;
	int			 fd;		/* the file that was scanned */
	struct stat		 st;		/* its identity */
	/* when all of it was known to be what was scanned */
	struct state		 state;
	/* when one entry was, the last that was looked at again: that says
	 * nothing of the others */
	struct state		 entry_state;
	size_t			 entry;
	struct mbox_scan	 scan;
	/* the entry that is message 0 */
	size_t			 first;
	struct uid_hash		*hashes;	/* of the messages */
	struct uids		 uids;

	off_t			 at;		/* of reading */
	/* at a line's start, or after '>' alone */
	bool			 in_row;
};

static int
changed_under_us(struct err *err)
{
	return err_set(err, ERR_TEMPORARY,
	    "another program changed the mailbox during the session");
}

/* --- whether it is still what was scanned ------------------------------- */

static struct state
state_of(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age = (now.tv_sec - st->st_ctim.tv_sec) * 1000 +
	    (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
	return (struct state){ st->st_ctim, st->st_size, age < 0 ||
	    age > CLOCK_TICK_MS };
}

static bool
is_unchanged(const struct state *since, const struct stat *st)
{
	return since->settled && st->st_size == since->size &&
	    st->st_ctim.tv_sec == since->changed.tv_sec &&
	    st->st_ctim.tv_nsec == since->changed.tv_nsec;
}

/* The last message may have got a line end and a separator behind it. */
static bool
is_same_entry(const struct mbox_entry *was, const struct mbox_entry *is,
    bool last)
{
	off_t grown = is->end - was->end;

	return is->from == was->from && is->start == was->start &&
	    is->hash.high == was->hash.high && is->hash.low == was->hash.low &&
	    (grown == 0 || (last && grown > 0 && grown <= 2)) &&
	    is->octets == was->octets;
}

static int
verify_entry(struct mbox_maildrop *d, size_t entry, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };
	const struct mbox_entry *was = &d->scan.entries[entry];

	if (mbox_scan(d->fd, was->from, 1, &now, err) == -1 || now.count != 1 ||
	    !is_same_entry(was, now.entries, entry + 1 == d->scan.count))
		return changed_under_us(err);
	return 0;
}

/* Reads what belongs to the entry: the bytes that were scanned, or -1.  Where
 * the file may have been changed since, a look afterwards proves that what was
 * read had not been moved: whoever rewrites an mbox writes each part once. */
static int
read_checked(struct mbox_maildrop *d, size_t entry, void *p, size_t size,
    off_t at, struct err *err)
{
	struct stat st;

	ssize_t n = fd_pread(d->fd, p, size, at);
	if (n == -1 || fstat(d->fd, &st) == -1)
		return err_sys(err, "read");
	if ((size_t)n != size)
		return changed_under_us(err);
	struct state now = state_of(&st);
	if (is_unchanged(&d->state, &st) ||
	    (d->entry == entry && is_unchanged(&d->entry_state, &st)))
		return 0;
	if (verify_entry(d, entry, err) == -1)
		return -1;
	d->entry = entry;
	d->entry_state = now;
	return 0;
}

/* --- reading ----------------------------------------------------------- */

/* Takes one '>' off each line of ">+From ", the last of the row, which comes
 * to the same.  *used is less than n when more has to be seen first. */
static size_t
unquote(struct mbox_maildrop *d, char *p, size_t n, bool is_end, size_t *used)
{
	static const char from_[] = "From ";
	enum { FROM_LEN = sizeof from_ - 1 };
	size_t in = 0, out = 0;

	while (in < n) {
		size_t len = 1;
		if (d->in_row && p[in] == '>') {
			size_t seen = n - in - 1 < FROM_LEN ? n - in - 1 :
			    FROM_LEN;
			bool fits = memcmp(p + in + 1, from_, seen) == 0;
			if (fits && seen < FROM_LEN && !is_end)
				break;
			if (fits && seen == FROM_LEN) {
				in++;
				d->in_row = false;
				continue;
			}
		} else {
			const char *end = memchr(p + in, '\n', n - in);
			len = end != NULL ? (size_t)(end - (p + in)) + 1 :
			    n - in;
			d->in_row = end != NULL;
		}
		memmove(p + out, p + in, len);
		in += len;
		out += len;
	}
	*used = in;
	return out;
}

static ssize_t
read_message(struct maildrop *drop, size_t index, bool from_start, void *p,
    size_t size, struct err *err)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;
	const struct mbox_entry *entry = &d->scan.entries[d->first + index];

	if (from_start) {
		d->at = entry->start;
		d->in_row = true;
	}
	off_t left = entry->end - d->at;
	if (left == 0)
		return 0;
	size_t want = (off_t)size < left ? size : (size_t)left;
	if (read_checked(d, d->first + index, p, want, d->at, err) == -1)
		return -1;
	size_t used = want, got = want;
	if (entry->quoted)
		got = unquote(d, p, want, (off_t)want == left, &used);
	d->at += (off_t)used;
	return (ssize_t)got;
}

/* --- deleting ---------------------------------------------------------- */

/* The kernel copies it, where it can. */
static int
copy_range(int from, off_t start, off_t end, int to, struct err *err)
{
	SCOPED(drop_mem) char *chunk = NULL;

	while (start < end) {
		ssize_t n = chunk != NULL ? -1 :
		    copy_file_range(from, &start, to, NULL,
		    (size_t)(end - start), 0);
		if (n > 0)
			continue;
		if (chunk == NULL)
			chunk = mem_grow(NULL, COPY, 1);
		n = fd_pread(from, chunk, end - start < COPY ?
		    (size_t)(end - start) : COPY, start);
		if (n == -1 || (n > 0 && fd_write(to, chunk, (size_t)n) == -1))
			return err_sys(err, "copy the messages that stay");
		if (n == 0)
			return err_set(err, ERR_TEMPORARY,
			    "the mailbox became shorter");
		start += n;
	}
	return 0;
}

/* All but the deleted messages, and what came since behind them. */
static int
copy_kept(struct mbox_maildrop *d, int to, off_t size, struct err *err)
{
	const struct mbox_scan *scan = &d->scan;
	off_t kept = 0;			/* where the bytes to keep begin */

	for (size_t i = 0; i < d->drop.count; i++) {
		if (!d->drop.messages[i].deleted)
			continue;
		size_t entry = d->first + i;
		if (copy_range(d->fd, kept, scan->entries[entry].from, to,
		    err) == -1)
			return -1;
		kept = entry + 1 < scan->count ? scan->entries[entry + 1].from :
		    scan->size;
	}
	return copy_range(d->fd, kept, size, to, err);
}

/* Under the locks: what was scanned is still there; *scanned is where it ends
 * now, separator included. */
static int
verify_all(struct mbox_maildrop *d, const struct mbox_file *file,
    off_t *scanned, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };

	*scanned = d->scan.size;
	if (file->st.st_ino != d->st.st_ino || file->st.st_dev != d->st.st_dev)
		return changed_under_us(err);
	if (is_unchanged(&d->state, &file->st))
		return 0;
	if (mbox_scan(file->fd, 0, SIZE_MAX, &now, err) == -1)
		return -1;
	if (now.count < d->scan.count)
		return changed_under_us(err);
	for (size_t i = 0; i < d->scan.count; i++)
		if (!is_same_entry(&d->scan.entries[i], &now.entries[i],
		    i + 1 == d->scan.count))
			return changed_under_us(err);
	*scanned = now.count > d->scan.count ? now.entries[d->scan.count].from :
	    now.size;
	return 0;
}

static int
keep_uids(struct mbox_maildrop *d, ino_t new_inode, struct err *err)
{
	SCOPED(drop_mem) bool *deleted =
	    mem_alloc(d->drop.count * sizeof *deleted);

	for (size_t i = 0; i < d->drop.count; i++)
		deleted[i] = d->drop.messages[i].deleted;
	return uids_keep(d->mailbox->parent, d->mailbox->name, d->st.st_ino,
	    new_inode, d->hashes, deleted, d->drop.count, &d->uids, err);
}

static int
commit(struct maildrop *drop, struct deadline deadline, struct err *err)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct stat st;
	off_t scanned;

	if (mbox_file_open(d->mailbox->parent, d->mailbox->name,
	    MBOX_FILE_EXISTING, deadline, &file, err) == -1)
		return -1;
	if (verify_all(d, &file, &scanned, err) == -1)
		return -1;
	d->scan.size = scanned;
	if (draft_begin(d->mailbox->parent, d->mailbox->name, 0600, &draft,
	    err) == -1 || copy_kept(d, draft.fd, file.st.st_size, err) == -1)
		return -1;
	if (fstat(draft.fd, &st) == -1)
		return err_sys(err, "%s", draft.temporary);
	if (keep_uids(d, st.st_ino, err) == -1)
		return -1;
	return draft_commit(&draft, err);
}

/* --- opening ----------------------------------------------------------- */

static void
close_maildrop(struct maildrop *drop)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;

	drop_fd(&d->fd);
	drop_mbox_scan(&d->scan);
	drop_mem(&d->hashes);
	drop_uids(&d->uids);
}

static void
drop_mbox_maildrop(struct mbox_maildrop **d)
{
	struct maildrop *drop = (struct maildrop *)*d;

	drop_maildrop(&drop);
}

static const struct maildrop_kind mbox_maildrop = {
	.read = read_message,
	.commit = commit,
	.close = close_maildrop,
};

static int
number_messages(struct mbox_maildrop *d, struct err *err)
{
	struct maildrop *drop = &d->drop;

	d->first = d->scan.pseudo ? 1 : 0;
	drop->count = d->scan.count - d->first;
	drop->messages = mem_alloc(drop->count * sizeof *drop->messages);
	d->hashes = mem_alloc(drop->count * sizeof *d->hashes);
	for (size_t i = 0; i < drop->count; i++)
		d->hashes[i] = d->scan.entries[d->first + i].hash;
	if (uids_assign(d->mailbox->parent, d->mailbox->name, d->st.st_ino,
	    d->hashes, drop->count, &d->uids, err) == -1)
		return -1;
	for (size_t i = 0; i < drop->count; i++) {
		struct maildrop_message *m = &drop->messages[i];
		m->octets = d->scan.entries[d->first + i].octets;
		m->measured = true;
		int n = snprintf(m->uid, sizeof m->uid,
		    "%016" PRIx64 "%016" PRIx64, d->hashes[i].high,
		    d->hashes[i].low);
		if (d->uids.ordinals[i] > 1)
			snprintf(m->uid + n, sizeof m->uid - (size_t)n,
			    ".%" PRIu32, d->uids.ordinals[i]);
	}
	return 0;
}

static int
scan_locked(struct mbox_maildrop *d, struct deadline deadline, struct err *err)
{
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;

	if (mbox_file_open(d->mailbox->parent, d->mailbox->name,
	    MBOX_FILE_EXISTING, deadline, &file, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (mbox_scan(file.fd, 0, SIZE_MAX, &d->scan, err) == -1)
		return -1;
	d->st = file.st;
	d->state = state_of(&file.st);
	if (mbox_file_unlock(&file, err) == -1)
		return -1;
	d->fd = file.fd;
	file.fd = -1;
	return 0;
}

int
mbox_open_maildrop(const struct mailbox *mailbox, struct deadline deadline,
    struct maildrop **out, struct err *err)
{
	SCOPED(drop_mbox_maildrop) struct mbox_maildrop *d =
	    mem_alloc(sizeof *d);

	d->drop = (struct maildrop){ .kind = &mbox_maildrop, .session = -1 };
	d->mailbox = mailbox;
	d->fd = -1;
	if (scan_locked(d, deadline, err) == -1 ||
	    number_messages(d, err) == -1)
		return -1;
	*out = &d->drop;
	d = NULL;
	return 0;
}
