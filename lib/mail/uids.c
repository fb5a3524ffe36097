/* uids.c: telling identical messages of an mbox apart, for good. */
#include "uids.h"

#include <fcntl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "mem.h"
#include "scope.h"
#include "str.h"
#include "uids_read.h"

/*
 * The file, two parts around the moment when a new mbox takes the old one's
 * place, or it loses its end; the part with the mbox's inode number holds.
 * Else the first one does, as long as it counts and the mbox still begins with the
 * messages that it had then (how many, and a hash of theirs): the old one was
 * copied, and the new one never came.  Else the last one:
 *
 *	vmail-uids 2
 *	inode 1234 5 0123456789abcdef
 *	00112233445566778899aabbccddeeff 1795177800 3 1 2
 *	inode 1240
 *	00112233445566778899aabbccddeeff 1795178900 3 2
 *
 * A line is the hash, when a twin was deleted last, the next number, and the
 * numbers that are there.
 */

/* --- numbering --------------------------------------------------------- */

static int
compare_twins(const void *hash, const void *twins)
{
	return uid_compare(hash, &((const struct uid_twins *)twins)->hash);
}

static const struct uid_twins *
find_known(const struct uids *uids, const struct uid_hash *hash)
{
	if (uids->known_count == 0)
		return NULL;
	return bsearch(hash, uids->known, uids->known_count,
	    sizeof *uids->known, compare_twins);
}

int
uids_assign(int dir, const char *name, ino_t inode,
    const struct uid_hash *hashes, size_t count, struct uids *uids,
    struct err *err)
{
	SCOPED(drop_uid_census) struct uid_census census = { 0 };

	uid_census_take(hashes, count, &census);
	*uids = (struct uids){ 0 };
	if (uids_read(dir, name, inode, &census, uids, err) == -1)
		return -1;
	uids->ordinals = census.place;
	census.place = NULL;
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
	int got = uid_compare(&x->hash, &y->hash);

	if (got != 0)
		return got;
	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

/* So many lines of which no twin is there are written still. */
struct gone_room {
	size_t	fresh, earlier;
};

static bool
has_room(size_t *left)
{
	if (*left == 0)
		return false;
	(*left)--;
	return true;
}

/* One line for the members of one hash, all together. */
static void
add_members(struct str *out, const struct member *m, size_t count,
    const struct uid_twins *known, uint64_t now, struct gone_room *room)
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
	if (twins.count > 0 || has_room(&room->fresh))
		add_twins(out, &twins);
	drop_mem(&left);
}

/* A line of which no twin is there any more. */
static void
add_gone(struct str *out, const struct uid_twins *known, uint64_t now,
    struct gone_room *room)
{
	if (!uid_is_recent(known->deleted_at, now) ||
	    !has_room(&room->earlier))
		return;
	add_twins(out, &(struct uid_twins){ .hash = known->hash,
	    .deleted_at = known->deleted_at, .next = known->next });
}

/* How many members have the first one's hash; *any: one of them stays. */
static size_t
count_same(const struct member *m, size_t count, bool *any)
{
	size_t n = 0;

	for (*any = false; n < count &&
	    uid_compare(&m[n].hash, &m->hash) == 0; n++)
		*any = *any || !m[n].deleted;
	return n;
}

static struct gone_room
room_for_gone(const struct member *m, size_t count)
{
	struct gone_room room = { 0 };
	bool any;

	for (size_t i = 0; i < count && room.fresh < UIDS_GONE_MAX; ) {
		i += count_same(m + i, count - i, &any);
		room.fresh += !any;
	}
	room.earlier = UIDS_GONE_MAX - room.fresh;
	return room;
}

/* Members and known lines, both sorted by hash, into one sorted part. */
static void
add_part(struct str *out, const struct member *m, size_t count,
    const struct uids *uids, uint64_t now)
{
	struct gone_room room = room_for_gone(m, count);
	size_t k = 0, i = 0;
	bool any;

	while (i < count || k < uids->known_count) {
		const struct uid_twins *known = k < uids->known_count ?
		    &uids->known[k] : NULL;
		int order = i == count ? 1 : known == NULL ? -1 :
		    uid_compare(&m[i].hash, &known->hash);
		size_t same = order > 0 ? 0 :
		    count_same(m + i, count - i, &any);
		if (order > 0)
			add_gone(out, known, now, &room);
		else
			add_members(out, m + i, same, order == 0 ? known :
			    NULL, now, &room);
		k += order >= 0;
		i += same;
	}
}

static int
compare_hashes(const void *a, const void *b)
{
	return uid_compare(a, b);
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

/* The head of the file and the first part. */
static void
add_known(struct str *out, ino_t inode, const struct uid_hash *hashes,
    size_t count, const struct uids *uids)
{
	str_addf(out, UIDS_MAGIC "\ninode %ju %zu %016" PRIx64 "\n",
	    (uintmax_t)inode, count, uid_fingerprint(hashes, count));
	for (size_t i = 0; i < uids->known_count; i++)
		add_twins(out, &uids->known[i]);
}

void
uids_shorten(int dir, const char *name, ino_t inode,
    const struct uid_hash *hashes, size_t count, const struct uids *uids)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	struct err err;

	if (uids->size < UIDS_SMALL || uids->knows_others)
		return;
	add_known(&text, inode, hashes, count, uids);
	if (text.len > uids->size / 2)
		return;
	str_addf(&file, ".%s.uids", name);
	if (file_replace(dir, str_text(&file), 0600, str_slice(&text),
	    &err) == -1)
		return;			/* it costs time alone */
}

/* What is no file of ours cannot be replaced, or would give the new one its
 * mode, and each QUIT that deletes would fail.  It is kept, under another
 * name. */
static int
make_way(int dir, const char *file, struct err *note, struct err *err)
{
	SCOPED(drop_str) struct str aside = { 0 };
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (S_ISREG(st.st_mode) && st.st_uid == geteuid()))
		return 0;
	str_addf(&aside, "%s.damaged", file);
	/* An earlier one would be in the way of a directory. */
	if (unlinkat(dir, str_text(&aside), 0) == -1)
		unlinkat(dir, str_text(&aside), AT_REMOVEDIR);
	if (renameat(dir, file, dir, str_text(&aside)) == -1)
		return err_sys(err, "%s: not a file of uid %u, and cannot "
		    "become %s: move it away", file, (unsigned)geteuid(),
		    str_text(&aside));
	err_fill(note, ERR_REFUSED, "%s: not a file of uid %u: it is %s now",
	    file, (unsigned)geteuid(), str_text(&aside));
	return 0;
}

/* --- without room ------------------------------------------------------- */

/* The same numbers come out of the file as it lies there. */
static bool
keep_theirs(const struct uids *is, const struct uids *wanted,
    const bool *deleted, size_t count)
{
	for (size_t i = 0, kept = 0; i < count; i++)
		if (!deleted[i] &&
		    is->ordinals[kept++] != wanted->ordinals[i])
			return false;
	return true;
}

static bool
is_right_of_rest(int dir, const char *name, ino_t inode,
    const struct uid_hash *hashes, const bool *deleted, size_t count,
    const struct uids *uids)
{
	SCOPED(drop_mem) struct uid_hash *left =
	    mem_alloc(count * sizeof *left);
	SCOPED(drop_uids) struct uids got = { 0 };
	struct err err;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!deleted[i])
			left[n++] = hashes[i];
	return uids_assign(dir, name, inode, left, n, &got, &err) == 0 &&
	    keep_theirs(&got, uids, deleted, count);
}

int
uids_keep(int dir, const char *name, ino_t inode, ino_t new_inode,
    const struct uid_hash *hashes, const bool *deleted, size_t count,
    struct uids *uids, struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 }, text = { 0 };
	SCOPED(drop_mem) struct member *members = NULL;
	size_t told = list_members(hashes, deleted, count, uids, &members);

	str_addf(&file, ".%s.uids", name);
	add_known(&text, inode, hashes, count, uids);
	str_addf(&text, "inode %ju\n", (uintmax_t)new_inode);
	add_part(&text, members, told, uids, (uint64_t)time(NULL));
	if (text.len > UIDS_FILE_MAX)
		return err_set(err, ERR_TEMPORARY,
		    "too many identical messages: delete fewer at once");
	if (make_way(dir, str_text(&file), &uids->note, err) == -1)
		return -1;
	uids->written = file_replace(dir, str_text(&file), 0600,
	    str_slice(&text), err) == 0;
	return uids->written || (err_no_room() && is_right_of_rest(dir, name,
	    new_inode == UIDS_OF_REST ? inode : new_inode, hashes, deleted,
	    count, uids)) ? 0 : -1;
}
