/* book.c: the journal as it is read. */
#include "book.h"

#include <string.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"

void
drop_book(struct book *book)
{
	drop_mem(&book->undone_by);
	drop_fd(&book->dir);
	drop_journal_numbers(&book->all);
}

int
book_read(const struct book *book, uint64_t number, struct pool *pool,
    struct entry_file *out, struct err *err)
{
	if (book->dir != -1 &&
	    entry_read(book->dir, number, pool, out, err) == 0)
		return 0;
	if (book->dir != -1 && err->kind != ERR_ABSENT)
		return -1;
	return err_set(err, ERR_ABSENT, "the journal has no entry %llu: "
	    "'vadmin log' shows them", (unsigned long long)number);
}

int
book_open(const struct installation *in, struct book *book, struct err *err)
{
	*book = (struct book){ .dir = -1 };
	if (journal_open(in, &book->dir, err) == -1) {
		book->dir = -1;
		return err->kind == ERR_ABSENT ? 0 : -1;
	}
	return journal_list(book->dir, &book->all, err);
}

/* --- what was undone ------------------------------------------------------- */

/* What an undo took back; 0: it did not, or is none. */
static uint64_t
taken_back(const struct entry_file *entry)
{
	uint64_t number;

	return strcmp(entry->operation, "undo") == 0 &&
	    strcmp(entry->result, "done") == 0 && entry->words.count > 0 &&
	    slice_number(slice_of(entry->words.word[0]), UINT64_MAX,
	    &number) == 0 ? number : 0;
}

size_t
book_place(const struct book *book, uint64_t number)
{
	size_t low = 0, high = book->all.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (book->all.number[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* From the last entry back to the first one that is asked for: an undo that was
 * undone itself is known as such before what it took back comes. */
void
book_find_undone(struct book *book, size_t first)
{
	book->undone_by = mem_alloc((book->all.count + 1) *
	    sizeof *book->undone_by);
	for (size_t i = book->all.count; i > first; i--) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		struct err unused;
		if (book->undone_by[i - 1] != 0 || entry_read(book->dir,
		    book->all.number[i - 1], &pool, &entry, &unused) == -1)
			continue;
		uint64_t number = taken_back(&entry);
		size_t of = book_place(book, number);
		if (number != 0 && of < i - 1 &&
		    book->all.number[of] == number && book->undone_by[of] == 0)
			book->undone_by[of] = book->all.number[i - 1];
	}
}
