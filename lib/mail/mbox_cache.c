/* mbox_cache.c: what a scan of an mbox found, remembered while the file is. */
#include "mbox_cache.h"

#include <string.h>
#include <sys/stat.h>

#include "fd.h"
#include "mbox_scan.h"
#include "mem.h"
#include "scope.h"

enum {
	/* what can be read in a millisecond is not worth a file */
	WORTH = 1 << 20,
	/* empty lines before the first message, in bytes */
	MARGIN = 4096,
	LONGEST_PSEUDO = 1 << 16,
};

/* The last message may have got a line end, so it is read once more. */
static int
scan_rest(int fd, struct mbox_scan *scan, struct err *err)
{
	SCOPED(drop_mbox_scan) struct mbox_scan rest = { 0 };
	struct mbox_entry *last = &scan->entries[scan->count - 1];

	if (mbox_scan(fd, last->from, SIZE_MAX, &rest, err) == -1)
		return -1;
	if (rest.count == 0 || !mbox_entry_same(last, &rest.entries[0], true))
		return err_set(err, ERR_INVALID, "not what was there");
	scan->entries = mem_grow(scan->entries, scan->count + rest.count - 1,
	    sizeof *scan->entries);
	memcpy(&scan->entries[scan->count - 1], rest.entries,
	    rest.count * sizeof *rest.entries);
	scan->count += rest.count - 1;
	scan->size = rest.size;
	return 0;
}

/* A message before the first one would be hidden. */
static bool
begins_right(int fd, off_t first)
{
	char before[MARGIN];

	if (first > MARGIN ||
	    fd_pread(fd, before, (size_t)first, 0) != (ssize_t)first)
		return false;
	for (off_t i = 0; i < first; i++)
		if (before[i] != '\n' && before[i] != '\r')
			return false;
	return true;
}

/* What is not shown because it is c-client's is, and no other is shown: which
 * is never long. */
static bool
is_right_of_first(int fd, const struct mbox_scan *scan)
{
	SCOPED(drop_mbox_scan) struct mbox_scan first = { 0 };
	const struct mbox_entry *e = &scan->entries[0];
	struct err err;

	if (!begins_right(fd, e->from))
		return false;
	if (!scan->pseudo && e->end - e->from > LONGEST_PSEUDO)
		return true;
	return mbox_scan(fd, 0, 1, &first, &err) == 0 && first.count == 1 &&
	    first.pseudo == scan->pseudo &&
	    mbox_entry_same(e, &first.entries[0], scan->count == 1);
}

/* *known: what lies behind it had to be read.  Of a file that is as it was when
 * the cache was written that is nothing: it has had no line end since either.
 * False: there is nothing to be believed. */
static bool
scan_by_cache(const struct mbox_file *f, const struct stamp *now,
    struct mbox_scan *out, off_t *known)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct err err;

	bool grew = !stamp_same(&f->since, now) &&
	    mbox_cache_read(f->dir, f->name, &f->since, &scan);
	if (!grew && !mbox_cache_read(f->dir, f->name, now, &scan))
		return false;
	if (!is_right_of_first(f->fd, &scan))
		return false;
	*known = grew ? scan.entries[scan.count - 1].from : scan.size;
	if (grew && scan_rest(f->fd, &scan, &err) == -1)
		return false;
	*out = scan;
	scan = (struct mbox_scan){ 0 };
	return true;
}

/* Nobody else has the file, and its stamp says when that was not so. */
static void
remember(struct mbox_file *f, const struct stamp *before,
    const struct mbox_scan *scan)
{
	struct stat st;

	if (fstat(f->fd, &st) == -1)
		return;
	struct stamp now = stamp_of(&st);
	if (!stamp_same(before, &now) || !stamp_is_final(&now))
		return;
	mbox_cache_write(f->dir, f->name, &now, scan);
	mbox_file_known(f, &now);
}

int
mbox_cache_scan(struct mbox_file *f, struct mbox_scan *out, bool *fresh,
    struct err *err)
{
	const struct stamp now = stamp_of(&f->st);
	off_t known = 0;

	*fresh = !scan_by_cache(f, &now, out, &known);
	if (*fresh) {
		known = 0;
		if (mbox_scan(f->fd, 0, SIZE_MAX, out, err) == -1)
			return -1;
	}
	if (now.size - known >= WORTH)
		remember(f, &now, out);
	return 0;
}

/* False: it is not worth remembering, or cannot be. */
static bool
settle(int fd, struct mbox_scan *kept, struct stamp *now)
{
	struct err err;

	return kept->count > 0 && kept->size >= WORTH &&
	    scan_rest(fd, kept, &err) == 0 && stamp_finish(fd, now) &&
	    now->size == kept->size;
}

void
mbox_cache_follow(struct mbox_file *f, int fd, struct mbox_scan *kept)
{
	struct stamp now;

	if (!settle(fd, kept, &now)) {
		mbox_cache_forget(f->dir, f->name);
		return;
	}
	mbox_cache_write(f->dir, f->name, &now, kept);
	mbox_file_known(f, &now);
}

void
mbox_cache_cut(struct mbox_file *f, struct mbox_scan *kept)
{
	struct stamp now;

	if (!settle(f->fd, kept, &now)) {
		mbox_cache_forget(f->dir, f->name);
		return;
	}
	if (!mbox_cache_shorten(f->dir, f->name, &now, kept))
		mbox_cache_write(f->dir, f->name, &now, kept);
	mbox_file_known(f, &now);
}
