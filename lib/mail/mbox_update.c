/* mbox_update.c: removing messages from an mbox: a new file takes its place, or
 * it loses its end. */
#include "mbox_maildrop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "lock.h"
#include "mbox_cache.h"
#include "mbox_file.h"
#include "mbox_old.h"
#include "mbox_proof.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"

enum {
	COPY = 65536,
	/* What lies between two messages and is no longer is read with them:
	 * that costs less than to begin anew. */
	NEAR = 65536,
};

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

/* --- whether what was scanned is still there ------------------------------- */

/* All of it is read again; *scanned is where it ends now, separator
 * included. */
static int
verify_all(struct mbox_maildrop *d, const struct mbox_file *file,
    off_t *scanned, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };

	if (mbox_scan(file->fd, 0, SIZE_MAX, &now, err) == -1)
		return -1;
	if (now.count < d->scan.count)
		return mbox_changed_under_us(d, err);
	for (size_t i = 0; i < d->scan.count; i++)
		if (!mbox_entry_same(&d->scan.entries[i], &now.entries[i],
		    i + 1 == d->scan.count))
			return mbox_changed_under_us(d, err);
	*scanned = now.count > d->scan.count ? now.entries[d->scan.count].from :
	    now.size;
	return 0;
}

static off_t
begins_at(const struct mbox_maildrop *d, size_t message)
{
	return d->scan.entries[d->first + message].from;
}

/* Behind the last marked one of those that are looked at in one go. */
static size_t
end_of_run(const struct mbox_maildrop *d, size_t first)
{
	size_t end = first + 1;

	for (size_t i = end; i < d->drop.count &&
	    begins_at(d, i) - begins_at(d, end) < NEAR; i++)
		if (d->drop.messages[i].deleted)
			end = i + 1;
	return end;
}

static int
verify_marked(struct mbox_maildrop *d, struct err *err)
{
	for (size_t i = 0, end; i < d->drop.count; i = end) {
		end = i + 1;
		if (!d->drop.messages[i].deleted)
			continue;
		end = end_of_run(d, i);
		if (mbox_verify_entries(d, d->first + i, end - i, err) == -1)
			return -1;
	}
	return 0;
}

/* The same where all that came since are deliveries of ours: what is to be
 * removed, and what they may have put behind the last one.  The rest is copied
 * as it is, whatever it is. */
static int
verify_some(struct mbox_maildrop *d, const struct mbox_file *file,
    off_t *scanned, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan now = { 0 };
	size_t last = d->scan.count - 1;

	if (verify_marked(d, err) == -1)
		return -1;
	if (mbox_scan(file->fd, d->scan.entries[last].from, 1, &now,
	    err) == -1 || now.count != 1 ||
	    !mbox_entry_same(&d->scan.entries[last], now.entries, true))
		return mbox_changed_under_us(d, err);
	*scanned = now.size;
	return 0;
}

/* With the locks.  *scanned stays as it is where nothing came since. */
static int
verify(struct mbox_maildrop *d, const struct mbox_file *file, off_t *scanned,
    struct err *err)
{
	if (file->st.st_ino != d->st.st_ino || file->st.st_dev != d->st.st_dev)
		return mbox_changed_under_us(d, err);
	if (d->fresh && mbox_is_unchanged(&d->state, &file->st))
		return 0;
	if (d->since.ino != 0 && stamp_same(&d->since, &file->since))
		return verify_some(d, file, scanned, err);
	return verify_all(d, file, scanned, err);
}

/* --- the new file ----------------------------------------------------------- */

static int
keep_uids(struct mbox_maildrop *d, ino_t new_inode, struct err *err)
{
	SCOPED(drop_mem) bool *deleted =
	    mem_alloc(d->drop.count * sizeof *deleted);

	for (size_t i = 0; i < d->drop.count; i++)
		deleted[i] = d->drop.messages[i].deleted;
	int got = uids_keep(d->mailbox->parent, d->mailbox->name, d->st.st_ino,
	    new_inode, d->hashes, deleted, d->drop.count, &d->uids, err);
	d->drop.note = d->uids.note;
	return got;
}

/* What there was no room for has some now, maybe; those that stay have their
 * numbers without it. */
static void
keep_uids_late(struct mbox_maildrop *d, ino_t new_inode)
{
	struct err err;

	if (d->uids.written)
		return;
	if (keep_uids(d, new_inode, &err) == 0 && d->uids.written)
		uids_forget_old(d->mailbox->parent, d->mailbox->name, false,
		    &err);
	else
		err_fill(&d->drop.note, ERR_TEMPORARY, ".%s.uids: no room: a "
		    "message that was deleted now, and comes again, gets its "
		    "unique id again", d->mailbox->name);
}

/* What is known of the new file: the entries that stay, further to the front. */
static void
list_kept(const struct mbox_maildrop *d, struct mbox_scan *out)
{
	const struct mbox_scan *scan = &d->scan;
	off_t removed = 0;

	*out = (struct mbox_scan){ .pseudo = scan->pseudo };
	out->entries = mem_grow(NULL, scan->count, sizeof *out->entries);
	for (size_t i = 0; i < scan->count; i++) {
		struct mbox_entry e = scan->entries[i];
		if (i >= d->first && d->drop.messages[i - d->first].deleted) {
			removed += (i + 1 < scan->count ?
			    scan->entries[i + 1].from : scan->size) - e.from;
			continue;
		}
		e.from -= removed;
		e.start -= removed;
		e.end -= removed;
		out->entries[out->count++] = e;
	}
	out->size = scan->size - removed;
}

/* Everything goes that others may be waiting for, or that can write to the old
 * file. */
static int
let_go(struct mbox_maildrop *d, struct mbox_file *file, struct draft *draft,
    struct mbox_old *old, struct err *err)
{
	drop_fd(&d->fd);
	drop_draft(draft);
	drop_mbox_file(file);
	return mbox_old_empty(old, d->mailbox,
	    deadline_in((int64_t)d->mailbox->lock_timeout * 1000), err);
}

static void
note_removed(struct mbox_maildrop *d)
{
	for (size_t i = 0; i < d->drop.count; i++)
		d->drop.messages[i].removed = d->drop.messages[i].deleted;
}

/* Whoever has opened the new file by its name waits until it is known. */
static int
replace(struct mbox_maildrop *d, struct mbox_file *file, struct draft *draft,
    struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan kept = { 0 };
	SCOPED(drop_mbox_old) struct mbox_old old = MBOX_OLD_NONE;
	struct err ignored;

	if (mbox_old_open(file, &d->scan, &old, err) == -1)
		return -1;
	bool locked = lock_try(draft->fd, &ignored) == 1;
	int result = draft_commit(draft, err);

	/* also where only the sync of the directory failed */
	if (draft->temporary == NULL)
		note_removed(d);
	if (result == -1) {
		/* It has the place, but maybe not after a crash. */
		if (draft->temporary == NULL &&
		    let_go(d, file, draft, &old, &ignored) == -1)
			return err_within(err, "%s; and", ignored.text);
		return -1;
	}
	/* Not synced, and where it fails it tells no lies so far. */
	if (d->uids.written)
		uids_forget_old(d->mailbox->parent, d->mailbox->name, false,
		    &ignored);
	list_kept(d, &kept);
	if (locked)
		mbox_cache_follow(file, draft->fd, &kept);
	return let_go(d, file, draft, &old, err);
}

/* Where all that goes is the file's end: the first entry of that.  False: it is
 * not. */
static bool
find_tail(const struct mbox_maildrop *d, const struct mbox_file *file,
    off_t scanned, size_t *entry)
{
	size_t first = d->drop.count;

	while (first > 0 && d->drop.messages[first - 1].deleted)
		first--;
	for (size_t i = 0; i < first; i++)
		if (d->drop.messages[i].deleted)
			return false;
	if (first == d->drop.count || scanned != file->st.st_size)
		return false;
	*entry = d->first + first;
	return true;
}

static int
cut_tail(struct mbox_maildrop *d, struct mbox_file *file, size_t entry,
    struct err *err)
{
	off_t start = d->scan.entries[entry].from;
	struct stat st;

	if (keep_uids(d, UIDS_OF_REST, err) == -1)
		return -1;
	int result = mbox_file_cut(file, start, d->uids.written, err);
	int why = errno;
	if (fstat(file->fd, &st) == 0 && st.st_size <= start)
		note_removed(d);
	errno = why;
	if (result == -1)
		return -1;
	keep_uids_late(d, UIDS_OF_REST);
	d->scan.count = entry;
	d->scan.size = start;
	mbox_cache_cut(file, &d->scan);
	return 0;
}

static int
write_anew(struct mbox_maildrop *d, struct mbox_file *file, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct stat st;

	if (draft_begin(d->mailbox->parent, d->mailbox->name, 0600, &draft,
	    err) == -1 || copy_kept(d, draft.fd, file->st.st_size, err) == -1)
		return -1;
	if (fstat(draft.fd, &st) == -1)
		return err_sys(err, "%s", draft.temporary);
	if (keep_uids(d, st.st_ino, err) == -1)
		return -1;
	if (replace(d, file, &draft, err) == -1)
		return -1;
	keep_uids_late(d, st.st_ino);
	return 0;
}

static bool
is_any_removed(const struct mbox_maildrop *d)
{
	for (size_t i = 0; i < d->drop.count; i++)
		if (d->drop.messages[i].removed)
			return true;
	return false;
}

int
mbox_commit(struct maildrop *drop, struct deadline deadline, struct err *err)
{
	struct mbox_maildrop *d = (struct mbox_maildrop *)drop;
	SCOPED(drop_mbox_file) struct mbox_file file = MBOX_FILE_NONE;
	off_t scanned = d->scan.size;
	size_t tail;

	if (mbox_file_open(d->mailbox->parent, d->mailbox->name,
	    MBOX_FILE_EXISTING, deadline, &file, err) == -1)
		return -1;
	if (verify(d, &file, &scanned, err) == -1)
		return -1;
	d->scan.size = scanned;
	if (find_tail(d, &file, scanned, &tail)) {
		int got = cut_tail(d, &file, tail, err);
		/* Where a full disk has no room for the record that goes
		 * before a cut, it may have some for the little that stays. */
		if (got == 0 || !err_no_room() || is_any_removed(d))
			return got;
	}
	return write_anew(d, &file, err);
}
