/* mbox_cache_file.c: ".NAME.cache": its bytes, read, written and cut. */
#include "mbox_cache.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "compat.h"
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

/* The sum of a head, to which its records are added in their order. */
static bool
begin_sum(const struct head *head, XXH3_state_t *sum)
{
	const char *summed = (const char *)&head->dev;

	return sum != NULL && XXH3_64bits_reset_withSeed(sum,
	    XXH3_64bits(summed, sizeof *head -
	    (size_t)(summed - (const char *)head))) == XXH_OK;
}

static void
drop_sum(XXH3_state_t **sum)
{
	XXH3_freeState(*sum);
}

static off_t
place_of(uint64_t record)
{
	return (off_t)(sizeof(struct head) + record * sizeof(struct record));
}

/* --- reading ----------------------------------------------------------- */

/* An empty line is what separates messages. */
static bool
is_separator(uint64_t len)
{
	return len == 1 || len == 2;
}

/* As a scan would have found it, behind the message before it, if there is
 * one. */
static bool
read_record(const struct record *r, const struct mbox_entry *before,
    uint64_t size, struct mbox_entry *out)
{
	uint64_t octets = r->octets / 2;

	if ((before != NULL && !is_separator(r->from -
	    (uint64_t)before->end)) ||
	    r->start <= r->from || r->end < r->start ||
	    r->end > size || octets > 2 * (r->end - r->start) + 2)
		return false;
	*out = (struct mbox_entry){ .from = (off_t)r->from,
	    .start = (off_t)r->start, .end = (off_t)r->end, .octets = octets,
	    .quoted = r->octets % 2 != 0, .hash = { r->high, r->low } };
	return true;
}

/* Some of them, behind what *out has already. */
static bool
read_some(int fd, const struct head *head, struct record *records,
    XXH3_state_t *sum, struct mbox_scan *out)
{
	uint64_t left = head->count - out->count;
	size_t n = left < CHUNK ? (size_t)left : CHUNK;
	size_t len = n * sizeof *records;

	if (fd_pread(fd, records, len, place_of(out->count)) != (ssize_t)len)
		return false;
	XXH3_64bits_update(sum, records, len);
	for (size_t i = 0; i < n; i++) {
		struct mbox_entry *e = &out->entries[out->count];
		if (!read_record(&records[i], out->count > 0 ? e - 1 : NULL,
		    head->size, e))
			return false;
		out->count++;
	}
	return true;
}

static bool
read_records(int fd, const struct head *head, struct mbox_scan *out)
{
	SCOPED(drop_sum) XXH3_state_t *sum = XXH3_createState();
	SCOPED(drop_mem) struct record *records =
	    mem_grow(NULL, CHUNK, sizeof *records);

	if (!begin_sum(head, sum))
		return false;
	out->entries = mem_grow(NULL, head->count, sizeof *out->entries);
	while (out->count < head->count)
		if (!read_some(fd, head, records, sum, out))
			return false;
	out->size = (off_t)head->size;
	out->pseudo = head->pseudo != 0;
	off_t end = out->entries[out->count - 1].end;
	if (out->size != end && !is_separator((uint64_t)(out->size - end)))
		return false;
	return XXH3_64bits_digest(sum) == head->sum;
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
	    st.st_size != place_of(head.count) ||
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

/* The head, which comes last, and its records, from one of them on: those
 * before it are there.  Not synced: after a crash the sum tells. */
static int
write_from(int fd, size_t from, const struct stamp *stamp,
    const struct mbox_scan *scan, struct err *err)
{
	struct head head = head_of(stamp, scan);
	SCOPED(drop_sum) XXH3_state_t *sum = XXH3_createState();
	SCOPED(drop_mem) struct record *records =
	    mem_grow(NULL, CHUNK, sizeof *records);

	if (!begin_sum(&head, sum))
		return err_sys(err, "prepare a sum");
	for (size_t i = 0, n; i < scan->count; i += n) {
		size_t end = i < from ? from : scan->count;
		n = end - i < CHUNK ? end - i : CHUNK;
		for (size_t j = 0; j < n; j++)
			records[j] = record_of(&scan->entries[i + j]);
		XXH3_64bits_update(sum, records, n * sizeof *records);
		if (i >= from && fd_pwrite(fd, records, n * sizeof *records,
		    place_of(i)) == -1)
			return err_sys(err, "write records");
	}
	head.sum = XXH3_64bits_digest(sum);
	if (fd_pwrite(fd, &head, sizeof head, 0) == -1)
		return err_sys(err, "write a head");
	return 0;
}

static int
write_anew(int dir, const char *file, const struct stamp *stamp,
    const struct mbox_scan *scan, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };

	if (draft_begin(dir, file, 0600, &draft, err) == -1 ||
	    write_from(draft.fd, 0, stamp, scan, err) == -1)
		return -1;
	return draft_publish(&draft, err);
}

void
mbox_cache_write(int dir, const char *name, const struct stamp *stamp,
    const struct mbox_scan *scan)
{
	SCOPED(drop_str) struct str file = { 0 };
	struct err err;

	/* Whatever lies there gives the new one neither mode nor owner. */
	mbox_cache_forget(dir, name);
	if (scan->count == 0 || scan->count > RECORDS_MAX)
		return;
	if (write_anew(dir, file_name(&file, name), stamp, scan, &err) == -1)
		return;			/* then there is none */
}

/* If it knew something else, the sum is wrong from now on. */
bool
mbox_cache_shorten(int dir, const char *name, const struct stamp *stamp,
    const struct mbox_scan *kept)
{
	SCOPED(drop_str) struct str file = { 0 };
	SCOPED(drop_fd) int fd = compat_open_beneath(dir,
	    file_name(&file, name), O_RDWR | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0);
	struct stat st;
	struct err err;

	return fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && st.st_nlink == 1 &&
	    st.st_size >= place_of(kept->count) &&
	    write_from(fd, kept->count - 1, stamp, kept, &err) == 0 &&
	    ftruncate(fd, place_of(kept->count)) == 0;
}

void
mbox_cache_forget(int dir, const char *name)
{
	SCOPED(drop_str) struct str file = { 0 };

	if (unlinkat(dir, file_name(&file, name), 0) == -1)
		return;			/* somebody else's is not believed */
}
