/* textindex_write.c: indexes made, and carried along with a change of their
 * text. */
#include "textindex_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"

enum {
	/* of a new page: half as many fit in later */
	FILL = 170,
	TRIES = 4,			/* with more pages each */
	BATCH = 64,			/* pages that are written at once */
	SEEN = 1024,
};

/* --- the file --------------------------------------------------------------- */

void
drop_textindex_draft(struct textindex_draft *draft)
{
	drop_draft(&draft->draft);
}

/* Who may read the text may read its index, and nobody else. */
static int
begin(int dir, const char *name, const struct stat *text, struct draft *draft,
    struct err *err)
{
	SCOPED(drop_draft) struct draft d = { .fd = -1 };
	mode_t mode = text->st_mode & 0644;

	if (draft_begin(dir, name, 0600, &d, err) == -1)
		return -1;
	d.derived = true;
	if ((text->st_uid != geteuid() || text->st_gid != getegid()) &&
	    fchown(d.fd, text->st_uid, text->st_gid) == -1) {
		if (errno != EPERM || text->st_uid != geteuid())
			return err_sys(err, "owner of %s", name);
		mode &= ~(mode_t)S_IRWXG;
	}
	if (fchmod(d.fd, mode) == -1)
		return err_sys(err, "mode of %s", name);
	*draft = d;
	d = (struct draft){ .fd = -1 };
	return 0;
}

static uint32_t
page_of(const struct textindex_entry *entry, uint32_t pages)
{
	return entry->apart ? pages : textindex_page_of(entry->hash, pages);
}

static struct textindex_record
record_of(const struct textindex_entry *entry, uint32_t generation)
{
	return (struct textindex_record){
		.tag = (uint32_t)entry->hash, .line = entry->line,
		.place = entry->offset << TEXTINDEX_GENERATION_BITS |
		    generation,
	};
}

/* --- a new one -------------------------------------------------------------- */

/* start[n] becomes where page n's entries begin in their order. */
static void
share_out(const struct textindex_list *list, uint32_t pages, uint32_t *start,
    uint32_t *order)
{
	for (size_t i = 0; i < list->count; i++)
		start[page_of(&list->entry[i], pages) + 2]++;
	for (size_t n = 2; n < (size_t)pages + 3; n++)
		start[n] += start[n - 1];
	for (size_t i = 0; i < list->count; i++)
		order[start[page_of(&list->entry[i], pages) + 1]++] =
		    (uint32_t)i;
}

/* A page as it is filled, with the whole hash of each record. */
struct filling {
	struct textindex_page	*page;
	uint64_t		 hash[TEXTINDEX_RECORDS];
	bool			 seen[SEEN];	/* a hash of this rest */
	bool			 left_out;
};

static bool
has_some(const struct filling *f, uint64_t hash)
{
	size_t n = 0;

	for (size_t i = 0; i < f->page->count; i++)
		n += f->hash[i] == hash;
	return n >= TEXTINDEX_SOME;
}

/* What a text says twice at one place is one. */
static bool
is_there(const struct textindex_page *page, struct textindex_record record)
{
	for (size_t i = page->count; i-- > 0; )
		if (page->record[i].tag == record.tag &&
		    page->record[i].place == record.place)
			return true;
	return false;
}

/* Where one may be missing already no more are needed. */
static bool
is_needed(const struct textindex_page *page, struct textindex_record record)
{
	return !textindex_may_lack(page, record.tag) &&
	    !is_there(page, record);
}

/* False: it is full. */
static bool
fill(struct filling *f, const struct textindex_entry *entry)
{
	struct textindex_record record = record_of(entry, 0);
	bool *seen = &f->seen[entry->hash % SEEN], again = *seen;

	*seen = true;
	if (entry->few && (f->page->count >= TEXTINDEX_FEW_FIT ||
	    (again && !is_needed(f->page, record))))
		return true;
	if (entry->some && again && has_some(f, entry->hash)) {
		f->left_out = true;
		return true;
	}
	if (f->page->count == TEXTINDEX_RECORDS)
		return false;
	f->hash[f->page->count] = entry->hash;
	f->page->record[f->page->count++] = record;
	return true;
}

/* All else first: that has to be there. */
static bool
fill_page(struct filling *f, const struct textindex_list *list,
    const uint32_t *from, const uint32_t *to)
{
	bool fits = true;

	memset(f->seen, 0, sizeof f->seen);
	for (const uint32_t *at = from; fits && at < to; at++)
		fits = list->entry[*at].few || fill(f, &list->entry[*at]);
	for (const uint32_t *at = from; fits && at < to; at++)
		fits = !list->entry[*at].few || fill(f, &list->entry[*at]);
	return fits;
}

/* 1: written, 0: these pages are too few. */
static int
write_pages(const struct textindex_list *list, uint32_t pages,
    const uint32_t *start, const uint32_t *order, int fd, bool *left_out,
    struct err *err)
{
	SCOPED(drop_mem) struct textindex_page *batch =
	    mem_alloc(BATCH * sizeof *batch);
	struct filling f = { 0 };

	for (uint32_t n = 0; n <= pages; n++) {
		f.page = &batch[n % BATCH];
		*f.page = (struct textindex_page){ .number = n };
		if (!fill_page(&f, list, order + start[n],
		    order + start[n + 1]))
			return 0;
		f.page->sum = textindex_sum(f.page, list->key);
		size_t ready = n % BATCH + 1;
		if ((ready == BATCH || n == pages) &&
		    fd_write(fd, batch, ready * sizeof *batch) == -1)
			return err_sys(err, "write");
	}
	*left_out = f.left_out;
	return 1;
}

static int
write_list(const struct textindex_list *list, uint32_t pages, int fd,
    bool *left_out, struct err *err)
{
	SCOPED(drop_mem) uint32_t *start =
	    mem_alloc(((size_t)pages + 3) * sizeof *start);
	SCOPED(drop_mem) uint32_t *order =
	    mem_alloc((list->count + 1) * sizeof *order);
	static const struct textindex_head none;

	share_out(list, pages, start, order);
	if (ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
	    fd_write(fd, &none, sizeof none) == -1)
		return err_sys(err, "write");
	return write_pages(list, pages, start, order, fd, left_out, err);
}

static uint32_t
count_apart(const struct textindex_list *list)
{
	uint32_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += list->entry[i].apart;
	return n;
}

int
textindex_prepare(const struct textindex_list *list, int dir, const char *name,
    const struct stat *text, struct textindex_draft *out, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	uint32_t pages = (uint32_t)(list->count / FILL) + 1;
	bool left_out;
	int got = 0;

	if (list->count > UINT32_MAX / 2)
		return err_set(err, ERR_FULL, "it has too many lines");
	if (begin(dir, name, text, &draft, err) == -1)
		return -1;
	for (int i = 0; got == 0 && i < TRIES; i++, pages += pages / 4 + 1)
		if ((got = write_list(list, pages, draft.fd, &left_out,
		    err)) == 1)
			break;
	if (got == 0)
		return err_set(err, ERR_FULL, "there are more than %d lines "
		    "of one name, or that nobody can read", TEXTINDEX_RECORDS);
	if (got == -1)
		return -1;
	if (fsync(draft.fd) == -1)
		return err_sys(err, "sync %s", draft.temporary);
	*out = (struct textindex_draft){ .draft = draft, .head = {
		.magic = TEXTINDEX_MAGIC, .pages = pages,
		.records = (uint32_t)list->count, .apart = count_apart(list),
		.key = { list->key[0], list->key[1] },
		.left_out = left_out, .edition = list->edition } };
	draft = (struct draft){ .fd = -1 };
	return 0;
}

/* --- one that is carried along ---------------------------------------------- */

/* Nothing moves where all that is new stands behind the old end. */
static bool
moves(const struct textindex_head *head, const struct textdiff *diff)
{
	return diff->old_end != diff->start ||
	    (uint64_t)diff->start != head->text.size;
}

static void
add_edit(struct textindex_head *head, const struct textdiff *diff)
{
	head->edit[head->edits++] = (struct textindex_edit){
		.at = (uint64_t)diff->start,
		.removed = (uint64_t)(diff->old_end - diff->start),
		.inserted = (uint64_t)(diff->new_end - diff->start),
		.lines = diff->lines,
	};
}

/* What is gone leaves room; but what shows that there may be more stays. */
static void
purge(const struct textindex_head *head, struct textindex_page *page)
{
	const struct textindex_page was = *page;
	struct textindex_place unused;

	if (was.count >= TEXTINDEX_FEW_FIT)
		return;
	page->count = 0;
	for (size_t i = 0; i < was.count; i++)
		if (textindex_follow(head, &was.record[i], &unused) ||
		    textindex_count(&was, was.record[i].tag) > TEXTINDEX_SOME)
			page->record[page->count++] = was.record[i];
}

/* 1: it is in its page, 0: the page is full. */
static int
add_record(struct textindex_head *head, struct textindex_page *page,
    const struct textindex_entry *entry)
{
	struct textindex_record record = record_of(entry, head->edits);

	if (entry->some && textindex_count(page, record.tag) >=
	    TEXTINDEX_SOME) {
		head->left_out = 1;
		return 1;
	}
	if (entry->few && !is_needed(page, record))
		return 1;
	if (page->count == TEXTINDEX_RECORDS)
		return 0;
	page->record[page->count++] = record;
	return 1;
}

static int
add_to_page(struct textindex *to, uint32_t number,
    const struct textindex_list *list, const uint32_t *from,
    const uint32_t *end, struct err *err)
{
	struct textindex_page page;

	if (textindex_read_page(to, number, &page, err) == -1)
		return -1;
	purge(&to->head, &page);
	for (; from < end; from++)
		if (add_record(&to->head, &page, &list->entry[*from]) == 0)
			return 0;
	page.sum = textindex_sum(&page, to->head.key);
	if (fd_pwrite(to->fd, &page, sizeof page,
	    ((off_t)number + 1) * TEXTINDEX_PAGE) == -1)
		return err_sys(err, "write");
	return 1;
}

/* A list of 100,000 members comes to each page once.  1: all are in, 0: a page is
 * full. */
static int
add_list(struct textindex *to, const struct textindex_list *list,
    struct err *err)
{
	uint32_t pages = to->head.pages;
	SCOPED(drop_mem) uint32_t *start =
	    mem_alloc(((size_t)pages + 3) * sizeof *start);
	SCOPED(drop_mem) uint32_t *order =
	    mem_alloc((list->count + 1) * sizeof *order);
	int got = 1;

	share_out(list, pages, start, order);
	for (uint32_t n = 0; got == 1 && n <= pages; n++)
		if (start[n] < start[n + 1])
			got = add_to_page(to, n, list, order + start[n],
			    order + start[n + 1], err);
	return got;
}

int
textindex_carry(const struct textindex *old, const struct textdiff *diff,
    const struct textindex_list *list, int dir, const char *name,
    const struct stat *text, struct textindex_draft *out, struct err *err)
{
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct textindex to = { .head = old->head };
	off_t size;

	if (textindex_edition(&old->head) != list->edition)
		return 0;
	/* One that was left out may have to stand for one that goes. */
	if (old->head.left_out && diff->old_end != diff->start)
		return 0;
	if (moves(&old->head, diff)) {
		if (old->head.edits == TEXTINDEX_EDITS)
			return 0;
		add_edit(&to.head, diff);
	}
	if (begin(dir, name, text, &draft, err) == -1 ||
	    file_copy(old->fd, draft.fd, &size, err) == -1)
		return -1;
	to.fd = draft.fd;
	int got = add_list(&to, list, err);
	if (got != 1)
		return got;
	if (fsync(draft.fd) == -1)
		return err_sys(err, "sync %s", draft.temporary);
	to.head.edition = list->edition;
	to.head.records += (uint32_t)list->count;
	to.head.apart += count_apart(list);
	*out = (struct textindex_draft){ .draft = draft, .head = to.head };
	draft = (struct draft){ .fd = -1 };
	return 1;
}

int
textindex_publish(struct textindex_draft *draft, const struct stat *text,
    struct err *err)
{
	struct draft *d = &draft->draft;

	draft->head.text = textindex_stamp_of(text);
	draft->head.seal = textindex_seal(&draft->head);
	draft->head.sum = textindex_sum(&draft->head, draft->head.key);
	if (fd_pwrite(d->fd, &draft->head, sizeof draft->head, 0) == -1)
		return err_sys(err, "write %s", d->temporary);
	return draft_commit(d, err);
}
