/* textindex.c: where in a large text file what is called so begins. */
#include "textindex.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "siphash.h"
#include "trust.h"

/* --- what the writer shares ------------------------------------------------- */

struct textindex_stamp
textindex_stamp_of(const struct stat *st)
{
	return (struct textindex_stamp){
		.ino = st->st_ino, .size = (uint64_t)st->st_size,
		.modified = st->st_mtim.tv_sec,
		.modified_ns = st->st_mtim.tv_nsec,
		.changed = st->st_ctim.tv_sec,
		.changed_ns = st->st_ctim.tv_nsec,
	};
}

uint64_t
textindex_hash(const uint64_t key[2], unsigned kind, struct slice name)
{
	SCOPED(drop_str) struct str longer = { 0 };
	char most[128], *text = most;

	if (name.len + 1 > sizeof most) {
		str_room(&longer, name.len + 1);
		text = longer.s;
	}
	text[0] = (char)kind;
	for (size_t i = 0; i < name.len; i++)
		text[i + 1] = ascii_lower(name.p[i]);
	return siphash(key, (struct slice){ text, name.len + 1 });
}

uint32_t
textindex_page_of(uint64_t hash, uint32_t pages)
{
	return (uint32_t)((hash >> 32) * pages >> 32);
}

/* It has to see what a disk or a crash did, not an enemy: who can write here
 * could write the text.  Word by word, because each lookup does it. */
uint64_t
textindex_sum(const void *page, const uint64_t key[2])
{
	enum { WORDS = TEXTINDEX_PAGE / sizeof(uint64_t) };
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t a = key[0], b = key[1], word[2];

	for (size_t i = 2; i < WORDS; i += 2) {
		memcpy(word, (const char *)page + i * sizeof *word,
		    sizeof word);
		a = (a ^ word[0]) * prime;
		b = (b ^ word[1]) * prime;
		a ^= a >> 31;
		b ^= b >> 29;
	}
	memcpy(word, (const char *)page + sizeof *word, sizeof *word);
	return (a ^ (b << 1 | b >> 63) ^ word[0]) * prime;
}

uint64_t
textindex_seal(const struct textindex_head *head)
{
	struct {
		uint64_t		edition;
		struct textindex_stamp	text;
	} both = { head->edition, head->text };

	return siphash(head->key, (struct slice){ (const char *)&both,
	    sizeof both });
}

size_t
textindex_count(const struct textindex_page *page, uint32_t tag)
{
	size_t n = 0;

	for (size_t i = 0; i < page->count; i++)
		n += page->record[i].tag == tag;
	return n;
}

bool
textindex_may_lack(const struct textindex_page *page, uint32_t tag)
{
	return page->count >= TEXTINDEX_FEW_FIT ||
	    textindex_count(page, tag) > TEXTINDEX_SOME;
}

/* --- reading ---------------------------------------------------------------- */

static int
damaged(struct err *err)
{
	return err_set(err, ERR_INVALID, "it is damaged");
}

static int
read_page(int fd, uint64_t number, void *page, struct err *err)
{
	ssize_t n = fd_pread(fd, page, TEXTINDEX_PAGE,
	    (off_t)(number * TEXTINDEX_PAGE));

	if (n == -1)
		return err_sys(err, "read");
	return n == TEXTINDEX_PAGE ? 0 : damaged(err);
}

static bool
is_sound(const struct textindex_head *head, const struct stat *st)
{
	uint64_t pages = (uint64_t)head->pages + 2;

	return memcmp(head->magic, TEXTINDEX_MAGIC, sizeof head->magic) == 0 &&
	    head->sum == textindex_sum(head, head->key) && head->pages > 0 &&
	    head->edits <= TEXTINDEX_EDITS &&
	    (uint64_t)st->st_size == pages * TEXTINDEX_PAGE;
}

int
textindex_open(int dir, const char *name, uid_t owner, const struct stat *text,
    struct textindex *out, struct err *err)
{
	struct textindex_stamp now = textindex_stamp_of(text);
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (!trust_file(&st, owner))
		return err_set(err, ERR_INVALID, "others can write to it");
	if (read_page(fd, 0, &out->head, err) == -1)
		return -1;
	if (!is_sound(&out->head, &st))
		return damaged(err);
	if (memcmp(&now, &out->head.text, sizeof now) != 0)
		return err_set(err, ERR_ABSENT,
		    "the file has changed since it was made");
	out->fd = fd;
	fd = -1;
	return 1;
}

uint32_t
textindex_edition(const struct textindex_head *head)
{
	return head->edition != 0 && head->seal == textindex_seal(head) ?
	    head->edition : 0;
}

void
drop_textindex(struct textindex *index)
{
	drop_fd(&index->fd);
}

int
textindex_read_page(const struct textindex *index, uint32_t number,
    struct textindex_page *page, struct err *err)
{
	if (read_page(index->fd, (uint64_t)number + 1, page, err) == -1)
		return -1;
	if (page->number != number || page->count > TEXTINDEX_RECORDS ||
	    page->sum != textindex_sum(page, index->head.key))
		return damaged(err);
	return 0;
}

int
textindex_follow(const struct textindex_head *head,
    const struct textindex_record *record, struct textindex_place *out)
{
	uint64_t at = record->place >> TEXTINDEX_GENERATION_BITS;
	int64_t line = record->line;
	size_t made = record->place & ((1 << TEXTINDEX_GENERATION_BITS) - 1);

	for (size_t i = made; i < head->edits; i++) {
		const struct textindex_edit *e = &head->edit[i];
		if (at < e->at)
			continue;
		if (at - e->at < e->removed)
			return 0;
		at = at - e->removed + e->inserted;
		line += e->lines;
	}
	*out = (struct textindex_place){ (off_t)at, (unsigned)line };
	return 1;
}

void
textindex_places_add(struct textindex_places *places,
    struct textindex_place place)
{
	mem_room(&places->place, &places->room, places->count,
	    sizeof *places->place);
	places->place[places->count++] = place;
}

static int
add_places(const struct textindex *index, const struct textindex_page *page,
    bool all, uint32_t tag, struct textindex_places *places, struct err *err)
{
	struct textindex_place place;

	for (size_t i = 0; i < page->count; i++) {
		if ((!all && page->record[i].tag != tag) ||
		    !textindex_follow(&index->head, &page->record[i], &place))
			continue;
		if (place.offset < 0 || place.line == 0 ||
		    (uint64_t)place.offset >= index->head.text.size)
			return damaged(err);
		textindex_places_add(places, place);
	}
	return 0;
}

int
textindex_find(const struct textindex *index, unsigned kind, struct slice key,
    struct textindex_places *places, struct err *err)
{
	uint64_t hash = textindex_hash(index->head.key, kind, key);
	struct textindex_page page;

	if (textindex_read_page(index, textindex_page_of(hash,
	    index->head.pages), &page, err) == -1)
		return -1;
	return add_places(index, &page, false, (uint32_t)hash, places, err);
}

int
textindex_find_few(const struct textindex *index, unsigned kind,
    struct slice key, struct textindex_places *places, struct err *err)
{
	uint64_t hash = textindex_hash(index->head.key, kind, key);
	struct textindex_page page;

	if (textindex_read_page(index, textindex_page_of(hash,
	    index->head.pages), &page, err) == -1)
		return -1;
	if (textindex_may_lack(&page, (uint32_t)hash))
		return 0;
	return add_places(index, &page, false, (uint32_t)hash, places,
	    err) == -1 ? -1 : 1;
}

int
textindex_find_apart(const struct textindex *index,
    struct textindex_places *places, struct err *err)
{
	struct textindex_page page;

	if (index->head.apart == 0)
		return 0;
	if (textindex_read_page(index, index->head.pages, &page, err) == -1)
		return -1;
	return add_places(index, &page, true, 0, places, err);
}

static int
compare(const void *a, const void *b)
{
	off_t x = ((const struct textindex_place *)a)->offset;
	off_t y = ((const struct textindex_place *)b)->offset;

	return x < y ? -1 : x > y;
}

void
textindex_sort(struct textindex_places *places)
{
	size_t kept = 0;

	if (places->count > 1)
		qsort(places->place, places->count, sizeof *places->place,
		    compare);
	for (size_t i = 0; i < places->count; i++)
		if (kept == 0 ||
		    places->place[kept - 1].offset != places->place[i].offset)
			places->place[kept++] = places->place[i];
	places->count = kept;
}

void
drop_textindex_places(struct textindex_places *places)
{
	drop_mem(&places->place);
}
