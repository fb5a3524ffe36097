/* undo_op.c: an entry of the journal taken back. */
#include <string.h>

#include "book.h"
#include "ops.h"
#include "rehearsal.h"
#include "scope.h"
#include "undo.h"
#include "undo_way.h"

static int
check_again(const struct call *call, const struct entry_file *entry,
    struct err *err)
{
	SCOPED(drop_rehearsal) struct rehearsal rehearsal = { .watches = false };

	rehearsal_begin(&rehearsal, false);
	return undo_entry(&call->in, entry, err);
}

static int
undo_number(const struct call *call, const struct entry_file *entry,
    struct err *err)
{
	/* All of it or nothing. */
	if (!call->rehearsed && check_again(call, entry, err) == -1)
		return -1;
	return undo_entry(&call->in, entry, err);
}

/* Who administers everything gains no administrator by it. */
static int
check_undoer(const struct call *call, const struct entry_file *entry,
    struct err *err)
{
	if (call->principal.caller == CALLER_ROOT ||
	    (!slice_starts(slice_of(entry->operation), "admin ") &&
	    strcmp(entry->operation, "undo") != 0))
		return 0;
	return err_set(err, ERR_REFUSED, "only %s may take back '%s'",
	    caller_class(CALLER_ROOT), entry->operation);
}

static int
check_undoable(const struct entry_file *entry, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *way = undo_way(entry, &pool);
	bool is_command = way != NULL && strncmp(way, "none", 4) != 0;

	return way == NULL ? 0 : err_set(err, ERR_REFUSED, "'%s' is not taken "
	    "back like this: %s%s%s", entry->operation, is_command ? "'" : "",
	    way, is_command ? "' does it" : "");
}

int
undo(struct call *call, struct err *err)
{
	SCOPED(drop_book) struct book book = BOOK_NONE;
	SCOPED(drop_entry_file) struct entry_file entry = { 0 };
	uint64_t number;

	slice_number(slice_of(call_text(call, "N")), UINT64_MAX, &number);
	unsigned long long n = number;
	if (book_open(&call->in, &book, err) == -1 ||
	    book_read(&book, number, &call->pool, &entry, err) == -1 ||
	    check_undoer(call, &entry, err) == -1 ||
	    check_undoable(&entry, err) == -1)
		return -1;
	size_t i = book_place(&book, number);
	book_find_undone(&book, i);
	uint64_t by = book.undone_by[i];
	if (by != 0)
		return err_set(err, ERR_REFUSED, "%llu was undone by %llu: "
		    "'vadmin undo %llu' brings it back", n,
		    (unsigned long long)by, (unsigned long long)by);
	if (undo_number(call, &entry, err) == -1)
		return err_within(err, "%llu cannot be undone", n);
	return 0;
}
