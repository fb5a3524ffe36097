/* uids_read.c: what ".NAME.uids" says that can matter. */
#include "uids_read.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <xxhash.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"

enum {
	CHUNK = 65536,
	WORD_MAX = 32,			/* a hash */
	ORDINAL_MAX = 1000000000,
};

/* --- which messages there are -------------------------------------------- */

int
uid_compare(const struct uid_hash *a, const struct uid_hash *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}

/* Who writes messages can choose some bits of their hashes, and must not choose
 * who meets whom here. */
static size_t
first_slot(const struct uid_census *c, const struct uid_hash *hash)
{
	const uint64_t odd = 0x9e3779b97f4a7c15;
	uint64_t mixed = (hash->low ^ c->seed) * odd;

	return (size_t)(mixed ^ mixed >> 32) & (c->slots - 1);
}

/* Where the hash stands, or would. */
static uint32_t *
slot_of(const struct uid_census *c, const struct uid_hash *hash)
{
	size_t slot = first_slot(c, hash);

	while (c->last[slot] != 0 &&
	    uid_compare(&c->hashes[c->last[slot] - 1], hash) != 0)
		slot = (slot + 1) & (c->slots - 1);
	return &c->last[slot];
}

void
uid_census_take(const struct uid_hash *hashes, size_t count,
    struct uid_census *c)
{
	*c = (struct uid_census){ .hashes = hashes, .count = count, .slots = 16,
	    .place = mem_alloc(count * sizeof *c->place) };
	while (c->slots < count * 2)
		c->slots *= 2;
	c->last = mem_alloc(c->slots * sizeof *c->last);
	/* without one it is slower at worst */
	if (getrandom(&c->seed, sizeof c->seed, GRND_NONBLOCK) == -1)
		c->seed = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t *last = slot_of(c, &hashes[i]);
		c->place[i] = *last == 0 ? 1 : c->place[*last - 1] + 1;
		*last = (uint32_t)i + 1;
	}
}

void
drop_uid_census(struct uid_census *c)
{
	drop_mem(&c->place);
	drop_mem(&c->last);
}

uint32_t
uid_census_count(const struct uid_census *c, const struct uid_hash *hash)
{
	uint32_t last = *slot_of(c, hash);

	return last == 0 ? 0 : c->place[last - 1];
}

static_assert(sizeof(struct uid_hash) == 16, "no padding");

uint64_t
uid_fingerprint(const struct uid_hash *hashes, size_t count)
{
	return XXH3_64bits(hashes, count * sizeof *hashes);
}

/* --- words ----------------------------------------------------------------- */

struct reading {
	int		 fd;
	char		*buffer;
	size_t		 at, len;
	uint64_t	 seen;		/* of the file, buffer included */
	bool		 failed;	/* the system did not let us; errno */

	char		 word[WORD_MAX];
	size_t		 word_len;
	bool		 ends_line;	/* and what follows it is no blank */

	const struct uid_census *census;
	struct uids	*uids;
	uint64_t	 now;
	size_t		 gone;		/* lines of those kept */
	/* the last line's, kept or not; and whether there was one */
	struct uid_hash	 before;
	bool		 has_before;
};

/* False: there is no more, or none can be had. */
static bool
has_byte(struct reading *r)
{
	if (r->at < r->len)
		return true;
	ssize_t n = fd_read(r->fd, r->buffer, CHUNK);
	r->failed = n == -1;
	r->at = 0;
	r->len = n > 0 ? (size_t)n : 0;
	r->seen += r->len;
	return r->len > 0 && r->seen <= UIDS_FILE_MAX;
}

/* The next word; a blank or a line end follows each.  False: that is not so. */
static bool
next_word(struct reading *r)
{
	r->word_len = 0;
	while (has_byte(r)) {
		char c = r->buffer[r->at++];
		if (c == ' ' || c == '\n') {
			r->ends_line = c == '\n';
			return true;
		}
		if (r->word_len == WORD_MAX)
			return false;
		r->word[r->word_len++] = c;
	}
	return false;
}

static bool
word_is(const struct reading *r, const char *text)
{
	return slice_is((struct slice){ r->word, r->word_len }, text);
}

/* A number that is the line's last word, or is not. */
static bool
next_number(struct reading *r, uint64_t max, uint64_t *out)
{
	return !r->ends_line && next_word(r) && slice_number((struct slice){
	    r->word, r->word_len }, max, out) == 0;
}

static bool
read_hex(const char *p, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < 16; i++) {
		char c = p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		*out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' :
		    c - 'a' + 10);
	}
	return true;
}

/* --- lines ----------------------------------------------------------------- */

bool
uid_is_recent(uint64_t deleted_at, uint64_t now)
{
	uint64_t between = deleted_at > now ? deleted_at - now :
	    now - deleted_at;

	return between <= UIDS_GONE_SECONDS;
}

static bool
is_worth_keeping(struct reading *r, const struct uid_twins *t, uint32_t there)
{
	if (there > 0)
		return true;
	return uid_is_recent(t->deleted_at, r->now) &&
	    r->gone++ < UIDS_GONE_MAX;
}

/* Numbers rise, and the next one is above them all; as many as there are
 * messages are kept. */
static bool
read_ordinals(struct reading *r, struct uid_twins *t, uint32_t there)
{
	uint64_t before = 0, ordinal;

	t->ordinals = there > 0 ? pool_alloc(&r->uids->pool,
	    there * sizeof *t->ordinals) : NULL;
	while (!r->ends_line) {
		if (!next_number(r, ORDINAL_MAX, &ordinal) ||
		    ordinal <= before || ordinal >= t->next)
			return false;
		if (t->count < there)
			t->ordinals[t->count++] = (uint32_t)ordinal;
		else
			r->uids->knows_others = true;
		before = ordinal;
	}
	return true;
}

/* The hash has been read. */
static bool
read_twins(struct reading *r)
{
	struct uids *uids = r->uids;
	struct uid_twins t = { 0 };
	uint64_t next;

	if (r->word_len != WORD_MAX || !read_hex(r->word, &t.hash.high) ||
	    !read_hex(r->word + 16, &t.hash.low) ||
	    !next_number(r, UINT64_MAX, &t.deleted_at) ||
	    !next_number(r, ORDINAL_MAX, &next) || next == 0 ||
	    (r->has_before && uid_compare(&r->before, &t.hash) >= 0))
		return false;
	t.next = (uint32_t)next;
	r->before = t.hash;
	r->has_before = true;
	uint32_t there = uid_census_count(r->census, &t.hash);
	bool kept = is_worth_keeping(r, &t, there);
	if (!read_ordinals(r, &t, there))
		return false;
	if (kept) {
		mem_room(&uids->known, &uids->known_room, uids->known_count,
		    sizeof *uids->known);
		uids->known[uids->known_count++] = t;
	}
	return true;
}

static void
forget_lines(struct reading *r)
{
	r->uids->known_count = 0;
	r->uids->knows_others = false;
	drop_pool(&r->uids->pool);
	r->gone = 0;
	r->has_before = false;
}

/* Why a part holds; or not, unless it is the last one. */
enum holds { HOLDS_NOT, HOLDS_BY_MESSAGES, HOLDS_BY_INODE };

/* The mbox that the part is of may have got another inode number before the
 * one that was to take its place came.  What counts no more has none. */
static bool
is_of_messages(const struct uid_census *c, uint64_t inode, uint64_t count,
    uint64_t fingerprint)
{
	return inode != UIDS_OF_REST && count > 0 && count <= c->count &&
	    uid_fingerprint(c->hashes, (size_t)count) == fingerprint;
}

/* What follows the word "inode". */
static bool
read_head(struct reading *r, ino_t inode, enum holds *holds)
{
	uint64_t number, count, print;

	if (!next_number(r, UINT64_MAX, &number))
		return false;
	*holds = number == inode ? HOLDS_BY_INODE : HOLDS_NOT;
	if (r->ends_line)
		return true;
	if (!next_number(r, UINT64_MAX, &count) || r->ends_line ||
	    !next_word(r) || !r->ends_line || r->word_len != 16 ||
	    !read_hex(r->word, &print))
		return false;
	if (*holds == HOLDS_NOT &&
	    is_of_messages(r->census, number, count, print))
		*holds = HOLDS_BY_MESSAGES;
	return true;
}

/* False: it is not as we write it, and nothing of it counts. */
static bool
read_lines(struct reading *r, ino_t inode)
{
	enum holds holds = HOLDS_NOT, next;

	if (!next_word(r) || r->ends_line || !word_is(r, "vmail-uids") ||
	    !next_word(r) || !r->ends_line || !word_is(r, "2"))
		return false;
	while (next_word(r)) {
		if (!word_is(r, "inode")) {
			if (!read_twins(r))
				return false;
			continue;
		}
		if (holds == HOLDS_BY_INODE)
			return true;
		if (!read_head(r, inode, &next))
			return false;
		if (holds == HOLDS_BY_MESSAGES && next != HOLDS_BY_INODE)
			return true;
		holds = next;
		forget_lines(r);
	}
	return r->word_len == 0 && !r->failed && r->seen <= UIDS_FILE_MAX;
}

/* A file that is missing is as if lost, and so, with a note, is one that is
 * somebody else's or broken; what the system does not let us read now would be
 * remembered as lost at QUIT. */
int
uids_read(int dir, const char *name, ino_t inode,
    const struct uid_census *census, struct uids *uids, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_mem) char *buffer = NULL;
	struct stat st;

	if (uids_open(dir, name, O_RDONLY, &fd, &uids->note, err) == -1)
		return -1;
	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == -1)
		return err_sys(err, ".%s.uids", name);
	buffer = mem_grow(NULL, CHUNK, 1);
	/* What is too long need not be read to its limit each time. */
	struct reading r = { .fd = fd, .buffer = buffer, .census = census,
	    .uids = uids, .now = (uint64_t)time(NULL),
	    .seen = st.st_size > UIDS_FILE_MAX ? UIDS_FILE_MAX : 0 };
	uids->size = (uint64_t)st.st_size;
	if (read_lines(&r, inode))
		return 0;
	uids->size = 0;
	if (r.failed)
		return err_sys(err, ".%s.uids: read", name);
	forget_lines(&r);
	err_fill(&uids->note, ERR_INVALID, ".%s.uids: %s: identical messages "
	    "get other unique ids", name, r.seen > UIDS_FILE_MAX ?
	    "too long" : "not as it is written");
	return 0;
}
