/* uids.c: telling identical messages of an mbox apart, for good. */
#include "uids.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

/*
 * The file, two parts around the moment when a new mbox takes the old one's
 * place, or it loses its end; the part with the mbox's inode number holds, else
 * the last one:
 *
 *	vmail-uids 2
 *	inode 1234
 *	00112233445566778899aabbccddeeff 1795177800 3 1 2
 *	inode 1240
 *	00112233445566778899aabbccddeeff 1795178900 3 2
 *
 * A line is the hash, when a twin was deleted last, the next number, and the
 * numbers that are there.
 */
enum {
	/* some two million lines: no mbox is that large */
	FILE_MAX = 1 << 28,
	ORDINAL_MAX = 1000000000,
	/* Lines without a twin that is there go after so many seconds, or when
	 * earlier deletions have left more than so many. */
	GONE_SECONDS = 24 * 60 * 60,
	GONE_MAX = 1 << 16,
};

static int
compare(const struct uid_hash *a, const struct uid_hash *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}

static const char *
file_name(struct str *out, const char *name)
{
	str_addf(out, ".%s.uids", name);
	return str_text(out);
}

/* --- reading ----------------------------------------------------------- */

static bool
read_hex(struct slice s, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		*out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' :
		    c - 'a' + 10);
	}
	return s.len == 16;
}

static bool
read_ordinal(struct slice *rest, uint32_t *out)
{
	struct slice word;
	uint64_t number;

	if (!slice_cut(rest, ' ', &word) ||
	    slice_number(word, ORDINAL_MAX, &number) == -1 || number == 0)
		return false;
	*out = (uint32_t)number;
	return true;
}

/* Numbers rise, and the next one is above them all. */
static bool
read_twins(struct pool *pool, struct slice line, struct uid_twins *out)
{
	struct slice rest = line, hash, time;

	if (!slice_cut(&rest, ' ', &hash) || hash.len != 32 ||
	    !read_hex((struct slice){ hash.p, 16 }, &out->hash.high) ||
	    !read_hex((struct slice){ hash.p + 16, 16 }, &out->hash.low) ||
	    !slice_cut(&rest, ' ', &time) ||
	    slice_number(time, UINT64_MAX, &out->deleted_at) == -1 ||
	    !read_ordinal(&rest, &out->next))
		return false;
	out->count = 0;
	out->ordinals = pool_alloc(pool,
	    (rest.len / 2 + 1) * sizeof *out->ordinals);
	while (rest.p != NULL) {
		uint32_t ordinal;
		if (!read_ordinal(&rest, &ordinal) || ordinal >= out->next ||
		    (out->count > 0 && ordinal <= out->ordinals[out->count - 1]))
			return false;
		out->ordinals[out->count++] = ordinal;
	}
	return true;
}

static bool
add_line(struct uids *uids, struct slice line)
{
	if (uids->known_count == uids->known_room) {
		uids->known_room = uids->known_room == 0 ? 16 :
		    uids->known_room * 2;
		uids->known = mem_grow(uids->known, uids->known_room,
		    sizeof *uids->known);
	}
	struct uid_twins *twins = &uids->known[uids->known_count];
	if (!read_twins(&uids->pool, line, twins))
		return false;
	if (uids->known_count > 0 &&
	    compare(&twins[-1].hash, &twins->hash) >= 0)
		return false;
	uids->known_count++;
	return true;
}

/* False: it is not as we write it, and nothing of it counts. */
static bool
parse(struct uids *uids, struct slice text, ino_t inode)
{
	struct slice rest = text, line;
	uint64_t number;
	bool matches = false;

	if (!slice_ends(text, "\n") || !slice_cut(&rest, '\n', &line) ||
	    !slice_is(line, UIDS_MAGIC))
		return false;
	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		if (!slice_starts(line, "inode ")) {
			if (!add_line(uids, line))
				return false;
			continue;
		}
		if (matches)
			break;
		if (slice_number(slice_from(line, 6), UINT64_MAX,
		    &number) == -1)
			return false;
		matches = number == inode;
		uids->known_count = 0;
		drop_pool(&uids->pool);
	}
	return true;
}

/* *fd stays -1 where there is none of ours. */
static int
open_known(int dir, const char *file, int *fd, struct err *err)
{
	enum {
		FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
		    O_CLOEXEC
	};
	SCOPED(drop_fd) int got = compat_open_beneath(dir, file, FLAGS, 0);
	struct stat st;

	if (got == -1) {
		err_fill_open(err, file);
		return err->kind == ERR_ABSENT || err->kind == ERR_REFUSED ?
		    0 : -1;
	}
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", file);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    st.st_nlink == 1) {
		*fd = got;
		got = -1;
	}
	return 0;
}

/* A file that is missing, somebody else's or broken is as if lost; what the
 * system does not let us read now would be remembered as lost at QUIT. */
static int
read_known(int dir, const char *name, ino_t inode, struct uids *uids,
    struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	SCOPED(drop_fd) int fd = -1;

	if (open_known(dir, file_name(&file, name), &fd, err) == -1)
		return -1;
	if (fd == -1)
		return 0;
	int got = file_read(fd, FILE_MAX, &text, err);
	if (got == -1 && err->kind != ERR_INVALID)
		return err_within(err, "%s", str_text(&file));
	if (got == -1 || !parse(uids, str_slice(&text), inode))
		uids->known_count = 0;
	return 0;
}

static int
compare_twins(const void *hash, const void *twins)
{
	return compare(hash, &((const struct uid_twins *)twins)->hash);
}

static const struct uid_twins *
find_known(const struct uids *uids, const struct uid_hash *hash)
{
	if (uids->known_count == 0)
		return NULL;
	return bsearch(hash, uids->known, uids->known_count,
	    sizeof *uids->known, compare_twins);
}

/* --- numbering --------------------------------------------------------- */

/* place[i] becomes how many of the messages up to i have its hash, by a table
 * that leads from a hash to the last message that had it. */
static void
count_places(const struct uid_hash *hashes, size_t count, uint32_t *place)
{
	size_t size = 16;

	while (size < count * 2)
		size *= 2;
	SCOPED(drop_mem) uint32_t *last = mem_alloc(size * sizeof *last);
	for (size_t i = 0; i < count; i++) {
		size_t slot = hashes[i].low & (size - 1);
		while (last[slot] != 0 &&
		    compare(&hashes[last[slot] - 1], &hashes[i]) != 0)
			slot = (slot + 1) & (size - 1);
		place[i] = last[slot] == 0 ? 1 : place[last[slot] - 1] + 1;
		last[slot] = (uint32_t)i + 1;
	}
}

int
uids_assign(int dir, const char *name, ino_t inode,
    const struct uid_hash *hashes, size_t count, struct uids *uids,
    struct err *err)
{
	*uids = (struct uids){ .ordinals =
	    mem_alloc(count * sizeof *uids->ordinals) };
	if (read_known(dir, name, inode, uids, err) == -1)
		return -1;
	count_places(hashes, count, uids->ordinals);
	for (size_t i = 0; i < count && uids->known_count > 0; i++) {
		const struct uid_twins *known = find_known(uids, &hashes[i]);
		uint32_t place = uids->ordinals[i];
		if (known != NULL)
			uids->ordinals[i] = place <= known->count ?
			    known->ordinals[place - 1] :
			    known->next + (place - known->count - 1);
	}
	return 0;
}

void
drop_uids(struct uids *uids)
{
	drop_mem(&uids->ordinals);
	drop_mem(&uids->known);
	drop_pool(&uids->pool);
}

/* --- writing ----------------------------------------------------------- */

static void
add_twins(struct str *out, const struct uid_twins *twins)
{
	str_addf(out, "%016" PRIx64 "%016" PRIx64 " %" PRIu64 " %" PRIu32,
	    twins->hash.high, twins->hash.low, twins->deleted_at, twins->next);
	for (uint32_t i = 0; i < twins->count; i++)
		str_addf(out, " %" PRIu32, twins->ordinals[i]);
	str_addc(out, '\n');
}

struct member {
	struct uid_hash	hash;
	uint32_t	ordinal;
	bool		deleted;
};

static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int got = compare(&x->hash, &y->hash);

	if (got != 0)
		return got;
	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* One line for the members of one hash, all together. */
static void
add_members(struct str *out, const struct member *m, size_t count,
    const struct uid_twins *known, uint64_t now)
{
	uint32_t *left = mem_alloc(count * sizeof *left);
	struct uid_twins twins = { .hash = m->hash, .ordinals = left };

	for (size_t i = 0; i < count; i++)
		if (!m[i].deleted)
			left[twins.count++] = m[i].ordinal;
	twins.next = m[count - 1].ordinal + 1;
	if (known != NULL && known->next > twins.next)
		twins.next = known->next;
	bool any_deleted = twins.count < count;
	twins.deleted_at = any_deleted || known == NULL ? now :
	    known->deleted_at;
	add_twins(out, &twins);
	drop_mem(&left);
}

/* A line of which no twin is there any more.  A time to come was never one. */
static void
add_gone(struct str *out, const struct uid_twins *known, uint64_t now,
    size_t *gone)
{
	if (known->deleted_at > now ||
	    now - known->deleted_at > GONE_SECONDS || *gone == GONE_MAX)
		return;
	(*gone)++;
	add_twins(out, &(struct uid_twins){ .hash = known->hash,
	    .deleted_at = known->deleted_at, .next = known->next });
}

/* Members and known lines, both sorted by hash, into one sorted part. */
static void
add_part(struct str *out, const struct member *m, size_t count,
    const struct uids *uids, uint64_t now)
{
	size_t gone = 0, k = 0, i = 0;

	while (i < count || k < uids->known_count) {
		size_t same = i;
		const struct uid_twins *known = k < uids->known_count ?
		    &uids->known[k] : NULL;
		int order = i == count ? 1 : known == NULL ? -1 :
		    compare(&m[i].hash, &known->hash);
		while (order <= 0 && same < count &&
		    compare(&m[same].hash, &m[i].hash) == 0)
			same++;
		if (order > 0)
			add_gone(out, known, now, &gone);
		else
			add_members(out, m + i, same - i, order == 0 ? known :
			    NULL, now);
		k += order >= 0;
		i = same;
	}
}

static int
compare_hashes(const void *a, const void *b)
{
	return compare(a, b);
}

/* The hashes of the deleted ones, sorted. */
static size_t
list_deleted(const struct uid_hash *hashes, const bool *deleted, size_t count,
    struct uid_hash **out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += deleted[i];
	*out = mem_alloc(n * sizeof **out);
	n = 0;
	for (size_t i = 0; i < count; i++)
		if (deleted[i])
			(*out)[n++] = hashes[i];
	if (n > 0)
		qsort(*out, n, sizeof **out, compare_hashes);
	return n;
}

/* Those of whose hash something has to be said, sorted: one of them goes, or
 * went before. */
static size_t
list_members(const struct uid_hash *hashes, const bool *deleted, size_t count,
    const struct uids *uids, struct member **out)
{
	SCOPED(drop_mem) struct uid_hash *gone = NULL;
	size_t goes = list_deleted(hashes, deleted, count, &gone), n = 0;

	*out = mem_alloc(count * sizeof **out);
	for (size_t i = 0; i < count; i++)
		if ((goes > 0 && bsearch(&hashes[i], gone, goes, sizeof *gone,
		    compare_hashes) != NULL) ||
		    find_known(uids, &hashes[i]) != NULL)
			(*out)[n++] = (struct member){ hashes[i],
			    uids->ordinals[i], deleted[i] };
	if (n > 0)
		qsort(*out, n, sizeof **out, compare_members);
	return n;
}

int
uids_keep(int dir, const char *name, ino_t inode, ino_t new_inode,
    const struct uid_hash *hashes, const bool *deleted, size_t count,
    const struct uids *uids, struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	SCOPED(drop_mem) struct member *members = NULL;
	size_t told = list_members(hashes, deleted, count, uids, &members);

	str_adds(&text, UIDS_MAGIC "\n");
	str_addf(&text, "inode %ju\n", (uintmax_t)inode);
	for (size_t i = 0; i < uids->known_count; i++)
		add_twins(&text, &uids->known[i]);
	str_addf(&text, "inode %ju\n", (uintmax_t)new_inode);
	add_part(&text, members, told, uids, (uint64_t)time(NULL));
	if (text.len > FILE_MAX)
		return err_set(err, ERR_TEMPORARY,
		    "too many identical messages: delete fewer at once");
	return file_replace(dir, file_name(&file, name), 0600, str_slice(&text),
	    err);
}
