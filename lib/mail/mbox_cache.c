/* mbox_cache.c: ".NAME.cache" beside an mbox: what a scan of it found. */
#include "mbox_cache.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

/*
 * A head and a record for each message, in this machine's byte order: a file
 * of another order has another magic.  The sum is of all that follows it.
 */
static const uint64_t magic = 0x766d61696c206d31;	/* "vmail m1" */

struct head {
	uint64_t	magic, sum;
	uint64_t	dev, ino, size;
	int64_t		modified, modified_ns, changed, changed_ns;
	uint64_t	count, pseudo;
};
static_assert(sizeof(struct head) == 88, "no padding");

struct record {
	uint64_t	from, start, end;
	uint64_t	octets;		/* times two; one more: it is quoted */
	uint64_t	high, low;
};
static_assert(sizeof(struct record) == 48, "no padding");

enum {
	/* what can be read in a millisecond is not worth a file */
	WORTH = 1 << 20,
	CHUNK = 1024,			/* records at a time */
	/* of a message: "From ", a line end, and an empty line before it */
	SHORTEST = 7,
	RECORDS_MAX = 1 << 23,
};

static const char *
file_name(struct str *out, const char *name)
{
	str_addf(out, ".%s.cache", name);
	return str_text(out);
}

static struct head
head_of(const struct stamp *stamp, const struct mbox_scan *scan)
{
	return (struct head){
		.magic = magic, .dev = stamp->dev, .ino = stamp->ino,
		.size = (uint64_t)stamp->size,
		.modified = stamp->modified.tv_sec,
		.modified_ns = stamp->modified.tv_nsec,
		.changed = stamp->changed.tv_sec,
		.changed_ns = stamp->changed.tv_nsec,
		.count = scan->count, .pseudo = scan->pseudo,
	};
}

static uint64_t
sum(const struct head *head, const struct record *records)
{
	const char *summed = (const char *)&head->dev;
	XXH64_hash_t seed = XXH3_64bits(summed,
	    sizeof *head - (size_t)(summed - (const char *)head));

	return XXH3_64bits_withSeed(records, head->count * sizeof *records,
	    seed);
}

/* --- reading ----------------------------------------------------------- */

/* As a scan would have found it, behind the message before it. */
static bool
read_record(const struct record *r, uint64_t behind, uint64_t size,
    struct mbox_entry *out)
{
	uint64_t octets = r->octets / 2;

	if (r->from < behind || r->start <= r->from || r->end < r->start ||
	    r->end > size || octets > 2 * (r->end - r->start) + 2)
		return false;
	*out = (struct mbox_entry){ .from = (off_t)r->from,
	    .start = (off_t)r->start, .end = (off_t)r->end, .octets = octets,
	    .quoted = r->octets % 2 != 0, .hash = { r->high, r->low } };
	return true;
}

static bool
read_records(int fd, const struct head *head, struct mbox_scan *out)
{
	SCOPED(drop_mem) struct record *records = NULL;
	size_t len = head->count * sizeof *records;
	uint64_t behind = 0;

	records = mem_grow(NULL, head->count, sizeof *records);
	if (fd_pread(fd, records, len, sizeof *head) != (ssize_t)len ||
	    sum(head, records) != head->sum)
		return false;
	out->entries = mem_grow(NULL, head->count, sizeof *out->entries);
	for (; out->count < head->count; out->count++) {
		if (!read_record(&records[out->count], behind, head->size,
		    &out->entries[out->count]))
			return false;
		behind = records[out->count].end;
	}
	out->size = (off_t)head->size;
	out->pseudo = head->pseudo != 0;
	return true;
}

static bool
is_of(const struct head *head, const struct stamp *stamp)
{
	const struct mbox_scan scan = { .count = head->count,
	    .pseudo = head->pseudo };
	struct head wanted = head_of(stamp, &scan);

	wanted.sum = head->sum;
	return stamp->ino != 0 && memcmp(&wanted, head, sizeof wanted) == 0;
}

bool
mbox_cache_read(int dir, const char *name, const struct stamp *stamp,
    struct mbox_scan *out)
{
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
	struct head head;
	struct stat st;
	struct err err;

	if (file_open(dir, file_name(&file, name), O_NOFOLLOW, &fd, &st,
	    &err) == -1 || st.st_uid != geteuid() || st.st_nlink != 1 ||
	    fd_pread(fd, &head, sizeof head, 0) != sizeof head ||
	    !is_of(&head, stamp) || head.count == 0 ||
	    head.count > RECORDS_MAX || head.count > head.size / SHORTEST + 1 ||
	    (uint64_t)st.st_size != sizeof head +
	    head.count * sizeof(struct record) ||
	    !read_records(fd, &head, &found))
		return false;
	*out = found;
	found = (struct mbox_scan){ 0 };
	return true;
}

/* --- writing ----------------------------------------------------------- */

static struct record
record_of(const struct mbox_entry *e)
{
	return (struct record){ (uint64_t)e->from, (uint64_t)e->start,
	    (uint64_t)e->end, e->octets * 2 + e->quoted, e->hash.high,
	    e->hash.low };
}

/* Not synced: after a crash its sum tells. */
static int
replace(int dir, const char *name, const struct head *head,
    const struct record *records, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (draft_begin(dir, name, 0600, &draft, err) == -1)
		return -1;
	if (fd_write(draft.fd, head, sizeof *head) == -1 ||
	    fd_write(draft.fd, records, head->count * sizeof *records) == -1)
		return err_sys(err, "write %s", draft.temporary);
	return draft_publish(&draft, err);
}

void
mbox_cache_write(int dir, const char *name, const struct stamp *stamp,
    const struct mbox_scan *scan)
{
	SCOPED(drop_str) struct str file = { 0 };
	struct head head = head_of(stamp, scan);
	struct err err;

	/* Whatever lies there gives the new one neither mode nor owner. */
	mbox_cache_forget(dir, name);
	if (scan->count == 0 || scan->count > RECORDS_MAX)
		return;
	SCOPED(drop_mem) struct record *records =
	    mem_grow(NULL, scan->count, sizeof *records);
	for (size_t i = 0; i < scan->count; i++)
		records[i] = record_of(&scan->entries[i]);
	head.sum = sum(&head, records);
	if (replace(dir, file_name(&file, name), &head, records, &err) == -1)
		return;			/* then there is none */
}

void
mbox_cache_forget(int dir, const char *name)
{
	SCOPED(drop_str) struct str file = { 0 };

	if (unlinkat(dir, file_name(&file, name), 0) == -1)
		return;			/* somebody else's is not believed */
}

/* --- with the file ------------------------------------------------------ */

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

/* *known: how far the cache went.  False: there is nothing to be believed. */
static bool
scan_by_cache(const struct mbox_file *f, const struct stamp *now,
    struct mbox_scan *out, off_t *known)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct err err;

	if (!mbox_cache_read(f->dir, f->name, &f->since, &scan) &&
	    !mbox_cache_read(f->dir, f->name, now, &scan))
		return false;
	*known = scan.size;
	if (scan_rest(f->fd, &scan, &err) == -1)
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

void
mbox_cache_follow(struct mbox_file *f, int fd, struct mbox_scan *kept)
{
	struct stamp now;
	struct err err;

	if (kept->count == 0 || kept->size < WORTH ||
	    scan_rest(fd, kept, &err) == -1 || !stamp_finish(fd, &now) ||
	    now.size != kept->size) {
		mbox_cache_forget(f->dir, f->name);
		return;
	}
	mbox_cache_write(f->dir, f->name, &now, kept);
	mbox_file_known(f, &now);
}
