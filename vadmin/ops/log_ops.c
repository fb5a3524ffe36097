/* log_ops.c: the journal shown. */
#include <string.h>

#include "book.h"
#include "domain.h"
#include "entry.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "undo.h"
#include "undo_way.h"

enum { SHOWN = 20 };

/* --- which are meant ------------------------------------------------------- */

/* What "log" was given: how many, and of whom. */
struct wanted {
	uint64_t	 count;
	const char	*account;	/* "U@D", or NULL */
	const char	*domain;	/* canonical, or NULL */
};

static const char *
real_domain(const struct call *call, struct pool *pool, struct slice given)
{
	const char *real;
	struct err unused;

	/* One that is gone has entries still. */
	return domain_real_name(&call->in, pool, given, &real, &unused) == 0 ?
	    real : pool_lower(pool, given);
}

static struct slice
domain_of(struct slice word)
{
	ptrdiff_t at = slice_find_last(word, '@');

	return at == -1 ? word : slice_from(word, (size_t)at + 1);
}

static int
read_wanted(struct call *call, struct wanted *out, struct err *err)
{
	const struct setting_words *given = call_list(call, "N|D|U@D");

	*out = (struct wanted){ .count = SHOWN };
	for (size_t i = 0; i < given->count; i++) {
		struct slice word = slice_of(given->word[i]);
		if (slice_number(word, UINT64_MAX, &out->count) == 0)
			continue;
		if (out->domain != NULL)
			return err_set(err, ERR_INVALID, "'%.100s': one domain "
			    "or account at a time", given->word[i]);
		out->domain = real_domain(call, &call->pool, domain_of(word));
		if (slice_has(word, '@'))
			out->account = given->word[i];
	}
	return 0;
}

static bool
is_of_account(const struct call *call, struct pool *pool, struct slice word,
    const struct wanted *wanted)
{
	struct slice account = slice_of(wanted->account), domain;
	ptrdiff_t at = slice_find_last(word, '@');

	domain = at != -1 ? domain_of(word) : slice_of(call->in.main_domain);
	if (at != -1)
		word.len = (size_t)at;
	account.len = (size_t)slice_find_last(account, '@');
	return slice_same(word, account) && strcmp(real_domain(call, pool,
	    domain), wanted->domain) == 0;
}

/* A word of its names the domain or the account, or, for a domain, a file of
 * its was changed. */
static bool
is_wanted(const struct call *call, const struct entry_file *entry,
    struct pool *pool, const struct wanted *wanted)
{
	struct slice rest = entry->steps;
	struct journal_step step;

	if (wanted->domain == NULL)
		return true;
	for (size_t i = 0; i < entry->words.count; i++) {
		struct slice word = slice_of(entry->words.word[i]);
		if (wanted->account != NULL ?
		    is_of_account(call, pool, word, wanted) :
		    strcmp(real_domain(call, pool, domain_of(word)),
		    wanted->domain) == 0)
			return true;
	}
	while (wanted->account == NULL && entry_next_step(&rest, pool, &step))
		if (step_is_of_domain(&step, wanted->domain))
			return true;
	return false;
}

/* --- shown ----------------------------------------------------------------- */

static void
add_words(const struct entry_file *entry, struct str *out)
{
	str_adds(out, entry->operation);
	for (size_t i = 0; i < entry->words.count; i++) {
		const char *word = entry->words.word[i];
		bool plain = word[0] != '\0' && strpbrk(word, " \t'\"") == NULL;
		str_addf(out, plain ? " %s" : strchr(word, '\'') != NULL ?
		    " \"%s\"" : " '%s'", word);
	}
}

static size_t
count_steps(const struct entry_file *entry, struct pool *pool)
{
	struct slice rest = entry->steps;
	struct journal_step step;
	size_t count = 0;

	while (entry_next_step(&rest, pool, &step))
		count++;
	return count;
}

static const char *
result_of(const struct entry_file *entry, struct pool *pool)
{
	if (entry->result[0] == '\0')
		return pool_format(pool, "unfinished, after %zu steps",
		    count_steps(entry, pool));
	return entry->text[0] == '\0' ? entry->result :
	    pool_format(pool, "%s: %s", entry->result, entry->text);
}

static const char *
way_back(const struct book *book, const struct entry_file *entry,
    struct pool *pool)
{
	uint64_t by = book->undone_by[book_place(book, entry->number)];
	const char *gone = undo_obstacle(entry, pool);

	if (undo_way_only(entry, pool))
		return undo_way(entry, pool);
	if (gone != NULL)
		return pool_format(pool, "none: %s is gone for good", gone);
	if (by != 0)
		return pool_format(pool, "done by %llu",
		    (unsigned long long)by);
	return pool_format(pool, "vadmin undo %llu",
	    (unsigned long long)entry->number);
}

static void
show_entry(const struct book *book, const struct entry_file *entry,
    struct pool *pool, struct sheet *sheet)
{
	SCOPED(drop_str) struct str words = { 0 };

	add_words(entry, &words);
	sheet_addf(sheet, "%llu", (unsigned long long)entry->number);
	sheet_adds(sheet, entry->time);
	sheet_addf(sheet, "%s%s%s", entry->who, entry->as[0] != '\0' ?
	    " as " : "", entry->as);
	sheet_adds(sheet, entry->from);
	sheet_add(sheet, str_slice(&words));
	sheet_adds(sheet, result_of(entry, pool));
	sheet_adds(sheet, way_back(book, entry, pool));
}

/* From the end on, until there are enough: the place of the first one. */
static size_t
first_wanted(const struct call *call, const struct book *book,
    const struct wanted *wanted)
{
	uint64_t found = 0;
	size_t i = book->all.count;

	for (; i > 0 && found < wanted->count; i--) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		struct err unused;
		found += entry_read(book->dir, book->all.number[i - 1], &pool,
		    &entry, &unused) == -1 ||
		    is_wanted(call, &entry, &pool, wanted);
	}
	return i;
}

static int
show_steps(struct call *call, const struct book *book, struct err *err)
{
	SCOPED(drop_sheet) struct sheet sheet = { .heads = step_heads };
	SCOPED(drop_entry_file) struct entry_file entry = { 0 };
	struct slice rest;
	struct journal_step step;
	uint64_t number;

	slice_number(slice_of(call_text(call, "--steps")), UINT64_MAX, &number);
	if (book_read(book, number, &call->pool, &entry, err) == -1)
		return -1;
	rest = entry.steps;
	while (entry_next_step(&rest, &call->pool, &step))
		step_show(&step, &sheet);
	sheet_print(&sheet);
	return 0;
}

/* A domain that is gone has entries; one that never was is a slip. */
static int
check_known(struct call *call, const struct wanted *wanted, struct err *err)
{
	const char *unused;

	if (wanted->domain == NULL || domain_real_name(&call->in, &call->pool,
	    slice_of(wanted->domain), &unused, err) == 0 ||
	    err->kind != ERR_ABSENT)
		return 0;
	return err_set(err, ERR_ABSENT, "there is no domain %s, and nothing "
	    "was changed of one", wanted->domain);
}

int
show_log(struct call *call, struct err *err)
{
	static const char *const heads[] = { "NUMBER", "TIME", "WHO", "FROM",
	    "OPERATION", "RESULT", "UNDO", NULL };
	SCOPED(drop_book) struct book book = BOOK_NONE;
	SCOPED(drop_sheet) struct sheet sheet = { .heads = heads };
	struct wanted wanted;

	if (book_open(&call->in, &book, err) == -1 ||
	    read_wanted(call, &wanted, err) == -1)
		return -1;
	if (call_has(call, "--steps"))
		return show_steps(call, &book, err);
	size_t first = first_wanted(call, &book, &wanted);
	book_find_undone(&book, first);
	for (size_t i = first; i < book.all.count; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_entry_file) struct entry_file entry = { 0 };
		if (entry_read(book.dir, book.all.number[i], &pool, &entry,
		    err) == -1)
			note("%s", err->text);
		else if (is_wanted(call, &entry, &pool, &wanted))
			show_entry(&book, &entry, &pool, &sheet);
	}
	if (sheet.count == 0 && check_known(call, &wanted, err) == -1)
		return -1;
	sheet_print(&sheet);
	return 0;
}
