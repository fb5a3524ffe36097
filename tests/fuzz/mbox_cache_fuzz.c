/* mbox_cache_fuzz.c: a cache beside an mbox, with any numbers and damage in
 * it. */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "mbox_cache.h"
#include "scope.h"

enum { ENTRIES_MAX = 32, ENTRY = 8 };

static const char name[] = "joe", file_name[] = ".joe.cache";

/* Mostly as a scan would find them: each behind the one before it, with an
 * empty line between them. */
static struct mbox_entry
entry_of(const char *p, bool first, uint64_t *behind)
{
	const unsigned char *b = (const unsigned char *)p;
	uint64_t gap = first ? b[0] : 1 + b[0] % 2 + (b[0] > 250);
	uint64_t from = *behind + gap - (b[6] & 1);
	uint64_t start = from + b[1], end = start + b[2] * 16 - (b[6] & 2);

	*behind = end;
	return (struct mbox_entry){ .from = (off_t)from,
	    .start = (off_t)start, .end = (off_t)end,
	    .octets = (uint64_t)b[3] << (b[6] >> 3), .quoted = b[4] & 1,
	    .hash = { b[5], b[7] } };
}

static void
fill(struct mbox_scan *scan, struct mbox_entry *entries, struct slice input)
{
	uint64_t behind = 0;
	size_t at = 0;

	*scan = (struct mbox_scan){ .entries = entries };
	for (; at + ENTRY <= input.len && scan->count < ENTRIES_MAX;
	    at += ENTRY) {
		bool first = scan->count == 0;
		entries[scan->count++] = entry_of(input.p + at, first,
		    &behind);
	}
	/* no file has a size below 0 */
	scan->size = (off_t)behind < 0 ? 0 : (off_t)behind;
}

/* Behind the last message, or between two of them. */
static bool
is_separator(off_t len)
{
	return len == 1 || len == 2;
}

static bool
is_sound(const struct mbox_scan *s)
{
	off_t behind = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct mbox_entry *e = &s->entries[i];
		if ((i == 0 ? e->from < 0 : !is_separator(e->from - behind)) ||
		    e->start <= e->from ||
		    e->end < e->start || e->end > s->size ||
		    e->octets > 2 * (uint64_t)(e->end - e->start) + 2)
			return false;
		behind = e->end;
	}
	return s->size == behind || is_separator(s->size - behind);
}

static bool
is_same(const struct mbox_scan *a, const struct mbox_scan *b)
{
	bool same = a->count == b->count && a->pseudo == b->pseudo;

	for (size_t i = 0; same && i < a->count; i++) {
		const struct mbox_entry *x = &a->entries[i];
		const struct mbox_entry *y = &b->entries[i];
		same = x->from == y->from && x->start == y->start &&
		    x->end == y->end && x->octets == y->octets &&
		    x->quoted == y->quoted &&
		    x->hash.high == y->hash.high && x->hash.low == y->hash.low;
	}
	return same;
}

static void
flip(unsigned at, unsigned bits)
{
	SCOPED(drop_fd) int fd = openat(fuzz_dir(), file_name,
	    O_RDWR | O_CLOEXEC);
	struct stat st;
	char byte;

	if (fd == -1 || fstat(fd, &st) == -1 || st.st_size == 0)
		return;
	off_t where = at % st.st_size;
	promise(pread(fd, &byte, 1, where) == 1, "it can be read");
	byte = (char)(byte ^ (int)bits);
	promise(pwrite(fd, &byte, 1, where) == 1, "it can be damaged");
}

/* Bytes that nobody wrote as a cache. */
static void
read_anything(struct slice input, const struct stamp *stamp)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };

	fuzz_write(file_name, input);
	promise(!mbox_cache_read(fuzz_dir(), name, stamp, &found) ||
	    is_sound(&found), "what is believed could be found by a scan");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_mbox_scan) struct mbox_scan found = { 0 };
	struct mbox_entry entries[ENTRIES_MAX];
	unsigned size = fuzz_choice(&input), at = fuzz_choice(&input);
	unsigned bits = fuzz_choice(&input), other = fuzz_choice(&input);
	struct stamp stamp = { .dev = 1, .ino = 2,
	    .modified = { 3, 4 },
	    .changed = { 5, 6 } };
	struct mbox_scan scan;

	fill(&scan, entries, input);
	scan.pseudo = other & 1;
	/* mostly what is behind the last message is what a scan leaves there */
	scan.size += size % 4;
	if (size >= 128)
		scan.size = (off_t)size * 256;
	stamp.size = scan.size;
	mbox_cache_write(fuzz_dir(), name, &stamp, &scan);
	if (bits != 0)
		flip(at * 256 + other, bits);
	bool got = mbox_cache_read(fuzz_dir(), name, &stamp, &found);
	promise(!got || bits == 0, "damage is seen");
	promise(!got || (is_sound(&found) && is_same(&found, &scan)),
	    "what is believed was written, and could be found by a scan");
	promise(got || bits != 0 || scan.count == 0 || !is_sound(&scan) ||
	    scan.count > (size_t)stamp.size / 7 + 1,
	    "what a scan has found comes back");
	stamp.ino++;
	SCOPED(drop_mbox_scan) struct mbox_scan none = { 0 };
	promise(!mbox_cache_read(fuzz_dir(), name, &stamp, &none),
	    "it is of no other file");
	read_anything(input, &stamp);
}
