/* textindex.h: where in a large text file what is called so begins.
 *
 * The text stays the truth: an index gives places, and whoever asks reads what
 * stands there.  It is a file of pages with a sum each, made once and replaced
 * whole (textindex_write.h): one page answers a question, and proves by its sum
 * that nothing else is called so.  An index is of one text as it is now: any
 * change of the file makes it one of another text, which is not believed.
 *
 * What a name is, and what it is called by, are the caller's business: a kind
 * and a key, compared without case.  A place may be another's whose hash is the
 * same; none that is wanted is left out.
 */
#ifndef TEXTINDEX_H
#define TEXTINDEX_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"
#include "str.h"

/* --- the file, in the machine's own byte order ---------------------------- */

#define TEXTINDEX_MAGIC	"vmail index 1\n\0"

enum {
	TEXTINDEX_PAGE = 4096,
	TEXTINDEX_RECORDS = 255,	/* of a page */
	TEXTINDEX_EDITS = 124,
	/* of what is kept as some (textindex_write.h), and has more */
	TEXTINDEX_SOME = 16,
	/* what is kept as few leaves the rest of a page to all else */
	TEXTINDEX_FEW_FIT = 240,
	/* place: the offset above, how many edits were made before below */
	TEXTINDEX_GENERATION_BITS = 16,
};

struct textindex_record {
	uint32_t	tag;		/* of the hash, its lower half */
	uint32_t	line;
	uint64_t	place;
};

struct textindex_page {
	uint64_t		sum;	/* of all that follows */
	uint32_t		number;
	uint32_t		count;
	struct textindex_record	record[TEXTINDEX_RECORDS];
};
static_assert(sizeof(struct textindex_page) == TEXTINDEX_PAGE, "one page");

/* From the offset on so many bytes were replaced by so many others. */
struct textindex_edit {
	uint64_t	at, removed, inserted;
	int64_t		lines;		/* more than before */
};

/* Of the text.  Not its device: that has another number after a restart. */
struct textindex_stamp {
	uint64_t	ino, size;
	int64_t		modified, modified_ns, changed, changed_ns;
};

/* The first page; behind it the pages of the names, by hash, and one more: of
 * what is asked for apart. */
struct textindex_head {
	uint64_t		sum;
	char			magic[16];
	uint64_t		key[2];		/* of the hash, and of sums */
	struct textindex_stamp	text;
	uint32_t		pages;
	uint32_t		edits;
	uint32_t		records;
	uint32_t		apart;		/* of them */
	struct textindex_edit	edit[TEXTINDEX_EDITS];
	uint32_t		left_out;	/* of some there are more */
	uint32_t		edition;	/* what there is in it */
	uint64_t		seal;		/* of edition and text */
	uint64_t		rest;
};
static_assert(sizeof(struct textindex_head) == TEXTINDEX_PAGE, "one page");

/* --- reading ---------------------------------------------------------------- */

struct textindex {
	int			 fd;
	struct textindex_head	 head;
};

struct textindex_place {
	off_t		offset;
	unsigned	line;		/* from 1 */
};

/* A zero value has none. */
struct textindex_places {
	struct textindex_place	*place;
	size_t			 count, room;
};

/* 1: it is open, and of the text that *text describes.  0: there is none.
 * -1: it is not believed, for err says why: of another state of the text
 * (ERR_ABSENT), or damaged, or not root's or owner's alone (ERR_INVALID). */
int	textindex_open(int dir, const char *name, uid_t owner,
	    const struct stat *text, struct textindex *out, struct err *err);
void	drop_textindex(struct textindex *index);

/* A program of an earlier edition carries an index along without what it does not
 * know of; then the seal is that of an earlier text.  0: the index has but what
 * all had from the beginning. */
uint32_t textindex_edition(const struct textindex_head *head);

/* Adds the places of key.  -1: the index is damaged or cannot be read, and says
 * nothing. */
int	textindex_find(const struct textindex *index, unsigned kind,
	    struct slice key, struct textindex_places *places,
	    struct err *err);

/* The same of what is kept as few.  1: *places has all of them, 0: there may be
 * more. */
int	textindex_find_few(const struct textindex *index, unsigned kind,
	    struct slice key, struct textindex_places *places,
	    struct err *err);

/* The same for what belongs to every question (a line that nobody can read). */
int	textindex_find_apart(const struct textindex *index,
	    struct textindex_places *places, struct err *err);

void	textindex_places_add(struct textindex_places *places,
	    struct textindex_place place);

/* In the order of the text, each once. */
void	textindex_sort(struct textindex_places *places);
void	drop_textindex_places(struct textindex_places *places);

/* --- what the writer shares ------------------------------------------------- */

struct textindex_stamp textindex_stamp_of(const struct stat *st);
uint64_t textindex_hash(const uint64_t key[2], unsigned kind,
	    struct slice name);
uint32_t textindex_page_of(uint64_t hash, uint32_t pages);
/* Of a page or a head, but its first word. */
uint64_t textindex_sum(const void *page, const uint64_t key[2]);
uint64_t textindex_seal(const struct textindex_head *head);
/* Where a record's place is by now.  1: there, 0: it was taken out. */
int	textindex_follow(const struct textindex_head *head,
	    const struct textindex_record *record, struct textindex_place *out);
/* Of the tag: how many records the page has; whether it may lack some that are
 * kept as few. */
size_t	textindex_count(const struct textindex_page *page, uint32_t tag);
bool	textindex_may_lack(const struct textindex_page *page, uint32_t tag);
int	textindex_read_page(const struct textindex *index, uint32_t number,
	    struct textindex_page *page, struct err *err);

#endif
