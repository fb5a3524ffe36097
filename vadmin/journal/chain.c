/* chain.c: the entries of the journal that have to be taken back together. */
#include "chain.h"

#include <string.h>

#include "mem.h"
#include "scope.h"

void
drop_chain(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		drop_entry_file(&chain->entry[i]);
	drop_mem(&chain->entry);
}

bool
chain_begun(const struct entry_file *entry, struct pool *pool,
    struct unfinished *what, const char **record, bool *begins)
{
	struct slice rest = entry->steps;
	struct journal_step step;

	while (entry_next_step(&rest, pool, &step)) {
		if (step.kind != CHANGE_FILE ||
		    strstr(step.path, "/.unfinished/") == NULL)
			continue;
		unfinished_read(step.hunk.new, pool, what);
		*record = step.path;
		*begins = !step.was;
		return true;
	}
	return false;
}

/* --- which they are -------------------------------------------------------- */

struct search {
	struct book	*book;
	struct pool	*pool;
	struct chain	*chain;
};

static bool
is_done(const struct entry_file *entry)
{
	return strcmp(entry->result, "done") == 0;
}

/* Of what an undo is, which came before it; 0: it is none. */
static uint64_t
target_of(const struct entry_file *entry)
{
	uint64_t number;

	return strcmp(entry->operation, "undo") == 0 &&
	    entry->words.count > 0 && slice_number(slice_of(
	    entry->words.word[0]), UINT64_MAX, &number) == 0 &&
	    number < entry->number ? number : 0;
}

static void
add(struct chain *chain, struct entry_file *entry)
{
	mem_room(&chain->entry, &chain->room, chain->count,
	    sizeof *chain->entry);
	chain->entry[chain->count++] = *entry;
	entry->map = NULL;
}

static bool
read_at(const struct search *s, size_t i, struct entry_file *out)
{
	struct err unused;

	return entry_read(s->book->dir, s->book->all.number[i], s->pool, out,
	    &unused) == 0;
}

/* Undos of the number between two places that came to no end, and that nobody
 * took back. */
static void
add_broken_undos(const struct search *s, uint64_t number, size_t after,
    size_t before)
{
	for (size_t i = before; i-- > after + 1; ) {
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		if (s->book->undone_by[i] == 0 && read_at(s, i, &entry) &&
		    target_of(&entry) == number && !is_done(&entry))
			add(s->chain, &entry);
	}
}

/* What the entry went on with. */
static int
add_beginning(const struct search *s, const struct entry_file *meant,
    const char *record, size_t before, struct err *err)
{
	struct unfinished what;
	const char *other;
	bool begins = false;

	for (size_t i = before; i-- > 0 && !begins; ) {
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		if (!read_at(s, i, &entry) ||
		    strcmp(entry.operation, meant->operation) != 0 ||
		    !chain_begun(&entry, s->pool, &what, &other, &begins) ||
		    strcmp(other, record) != 0) {
			begins = false;
			continue;
		}
		if (begins)
			s->chain->begun = what;
		add(s->chain, &entry);
	}
	return begins ? 0 : err_set(err, ERR_REFUSED, "it went on with what "
	    "another call had begun, which the journal has no more");
}

/* --- what does not go ------------------------------------------------------ */

/* The one that went on with what this one left unfinished. */
static int
check_finished_later(const struct search *s, const struct entry_file *meant,
    const char *record, size_t place, struct err *err)
{
	struct unfinished what;
	const char *other;
	bool begins;

	for (size_t i = place + 1; i < s->book->all.count; i++) {
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		if (read_at(s, i, &entry) &&
		    strcmp(entry.operation, meant->operation) == 0 &&
		    chain_begun(&entry, s->pool, &what, &other, &begins) &&
		    strcmp(other, record) == 0)
			return begins ? 0 : err_set(err, ERR_REFUSED,
			    "%llu went on with it: 'vadmin undo %llu' takes "
			    "back both", (unsigned long long)entry.number,
			    (unsigned long long)entry.number);
	}
	return 0;
}

static bool
is_same_call(const struct entry_file *a, const struct entry_file *b)
{
	if (strcmp(a->operation, b->operation) != 0 ||
	    a->words.count != b->words.count)
		return false;
	for (size_t i = 0; i < a->words.count; i++)
		if (strcmp(a->words.word[i], b->words.word[i]) != 0)
			return false;
	return true;
}

/* What the same call did once more stands on what this one had done: alone it
 * would take away from under that.  Of undos both are taken back at once. */
static int
check_repeated(const struct search *s, const struct entry_file *meant,
    size_t place, struct err *err)
{
	bool is_undo = target_of(meant) != 0;

	for (size_t i = s->book->all.count; i-- > place + 1; ) {
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		uint64_t by = s->book->undone_by[i];
		if ((by != 0 && !is_undo) || !read_at(s, i, &entry) ||
		    !is_done(&entry) || !is_same_call(&entry, meant))
			continue;
		return by != 0 ? err_set(err, ERR_REFUSED, "it was broken "
		    "off, and undone by %llu", (unsigned long long)by) :
		    err_set(err, ERR_REFUSED, "it was broken off, and %llu "
		    "did it once more: 'vadmin undo %llu' comes first",
		    (unsigned long long)entry.number,
		    (unsigned long long)entry.number);
	}
	return 0;
}

static int
check_undo(const struct search *s, const struct entry_file *meant,
    uint64_t target, struct err *err)
{
	SCOPED(drop_entry_file) struct entry_file entry = { 0 };
	struct err unused;

	if (!is_done(meant))
		return err_set(err, ERR_REFUSED, "it was broken off: 'vadmin "
		    "undo %llu' finishes it", (unsigned long long)target);
	return book_read(s->book, target, s->pool, &entry, &unused) == -1 ||
	    is_done(&entry) ? 0 : err_set(err, ERR_REFUSED, "%llu had come to "
	    "no end: say it again instead ('vadmin log %llu' shows it)",
	    (unsigned long long)target, (unsigned long long)target);
}

/* --- all of it ------------------------------------------------------------- */

static int
find_operation(const struct search *s, const struct entry_file *meant,
    struct err *err)
{
	uint64_t number = target_of(meant);

	s->chain->operation = meant->operation;
	while (number != 0) {
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		if (book_read(s->book, number, s->pool, &entry, err) == -1)
			return err->kind == ERR_ABSENT ? 0 : -1;
		s->chain->operation = entry.operation;
		number = target_of(&entry);
	}
	return 0;
}

static int
add_all(const struct search *s, struct entry_file *meant, struct err *err)
{
	struct chain *chain = s->chain;
	size_t place = book_place(s->book, meant->number);
	uint64_t target = target_of(meant);
	const struct entry_file own = *meant;
	const char *record = NULL;
	bool begins = true;

	chain->in_steps = chain_begun(meant, s->pool, &chain->begun, &record,
	    &begins);
	if (chain->in_steps && target != 0 &&
	    check_undo(s, meant, target, err) == -1)
		return -1;
	if (chain->in_steps && target == 0 && !is_done(meant) &&
	    check_finished_later(s, meant, record, place, err) == -1)
		return -1;
	if (!chain->in_steps && !is_done(meant) &&
	    check_repeated(s, meant, place, err) == -1)
		return -1;
	add_broken_undos(s, meant->number, place, s->book->all.count);
	add(chain, meant);
	if (target != 0)
		add_broken_undos(s, target, book_place(s->book, target), place);
	else if (!begins)
		return add_beginning(s, &own, record, place, err);
	return 0;
}

int
chain_find(struct book *book, uint64_t number, struct pool *pool,
    struct chain *out, struct err *err)
{
	SCOPED(drop_entry_file) struct entry_file meant = { 0 };
	const struct search s = { book, pool, out };

	if (book_read(book, number, pool, &meant, err) == -1 ||
	    find_operation(&s, &meant, err) == -1)
		return -1;
	uint64_t target = target_of(&meant);
	book_find_undone(book, book_place(book, target != 0 ? target :
	    number));
	uint64_t by = book->undone_by[book_place(book, number)];
	if (by != 0)
		return err_set(err, ERR_REFUSED, "%llu was undone by %llu: "
		    "'vadmin undo %llu' brings it back",
		    (unsigned long long)number, (unsigned long long)by,
		    (unsigned long long)by);
	if (add_all(&s, &meant, err) == -1)
		return err_within(err, "%llu cannot be undone",
		    (unsigned long long)number);
	for (size_t i = 0; i < out->count; i++) {
		out->entry[i].origin = out->operation;
		if (out->entry[i].number == number)
			out->meant = &out->entry[i];
	}
	return 0;
}
