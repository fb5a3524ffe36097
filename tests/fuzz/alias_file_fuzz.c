/* alias_file_fuzz.c: alias files, found in and walked through; .forward files. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "alias_scan.h"
#include "scope.h"

/* finding is a walk of its own: some are enough */
enum { ENTRIES_MAX = 12 };

struct seen {
	struct pool		 pool;
	unsigned		 lines;		/* of the file */
	struct alias_entry	 entry[ENTRIES_MAX];
	size_t			 count;
	bool			 more;
};

static void
drop_seen(struct seen *seen)
{
	drop_pool(&seen->pool);
}

static void
copy_entry(struct pool *pool, const struct alias_entry *from,
    struct alias_entry *to)
{
	*to = *from;
	to->name = pool_dup(pool, slice_of(from->name));
	if (from->wrong != NULL)
		to->wrong = pool_dup(pool, slice_of(from->wrong));
	to->count = from->wrong != NULL ? 0 : from->count;
	to->members = pool_alloc(pool, (to->count + 1) * sizeof *to->members);
	for (size_t i = 0; i < to->count; i++) {
		to->members[i] = from->members[i];
		to->members[i].text = pool_dup(pool,
		    slice_of(from->members[i].text));
	}
}

static void
look_at(const struct alias_entry *entry, unsigned lines)
{
	promise(entry->line >= 1 && entry->line <= entry->last_line &&
	    entry->last_line <= lines, "an entry is in lines of its file");
	if (entry->wrong != NULL) {
		promise(strncmp(entry->wrong, "f:", 2) == 0,
		    "what is wrong has a file");
		unsigned long line = strtoul(entry->wrong + 2, NULL, 10);
		promise(line >= entry->line && line <= entry->last_line,
		    "what is wrong has a line of the entry");
		return;
	}
	for (size_t i = 0; i < entry->count; i++)
		promise(entry->members[i].line >= entry->line &&
		    entry->members[i].line <= entry->last_line,
		    "a member is in a line of its entry");
}

static int
see(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	look_at(entry, seen->lines);
	promise(entry->wrong != NULL || entry->count > 0,
	    "an alias has members");
	if (seen->count == ENTRIES_MAX)
		seen->more = true;
	else
		copy_entry(&seen->pool, entry, &seen->entry[seen->count++]);
	return 0;
}

static void
same_members(const struct alias_entry *a, const struct alias_entry *b,
    const char *sentence)
{
	promise(a->count == b->count, sentence);
	for (size_t i = 0; i < a->count; i++)
		promise(a->members[i].kind == b->members[i].kind &&
		    strcmp(a->members[i].text, b->members[i].text) == 0,
		    sentence);
}

static struct alias_entry *
find(struct pool *pool, struct slice text, struct slice name, bool trusted)
{
	struct alias_question question = { .name = name };
	struct alias_entry *found = NULL;
	struct err err;

	if (alias_scan(pool, "f", fuzz_file(text), trusted, &question, &found,
	    &err) == -1)
		promise(err.kind == ERR_ABSENT, "a name is there or not");
	return found;
}

/* The last entry of a name counts, whichever way it is asked for. */
static void
is_found(const struct seen *seen, size_t which, struct slice text)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct alias_entry *entry = &seen->entry[which];
	struct slice name = slice_of(entry->name);
	struct alias_entry *found = find(&pool, text, name, true);
	struct alias_entry *untrusted = find(&pool, text, name, false);
	size_t last = which, count = 0;

	for (size_t i = 0; i < seen->count; i++)
		if (slice_same(slice_of(seen->entry[i].name), name)) {
			last = i;
			count++;
		}
	promise(found != NULL && untrusted != NULL, "what is there is found");
	promise(found->line == seen->entry[last].line, "the last one counts");
	promise(found->again == (count > 1), "one that is there again says so");
	promise((found->wrong == NULL) == (seen->entry[last].wrong == NULL),
	    "what is wrong is wrong");
	if (found->wrong == NULL)
		same_members(found, &seen->entry[last],
		    "finding shows what walking shows");
	if (untrusted->wrong == NULL)
		same_members(untrusted, found,
		    "trust allows more, and changes nothing");
}

/* The file as it would be written: names and members quoted. */
static void
write_again(const struct seen *seen, struct str *out)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct alias_entry *entry = &seen->entry[i];
		str_addc(out, '"');
		for (const char *p = entry->name; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				str_addc(out, '\\');
			str_addc(out, *p);
		}
		str_adds(out, "\":");
		for (size_t m = 0; m < entry->count; m++) {
			str_adds(out, m == 0 ? " " : ", ");
			alias_member_add(out, &entry->members[m]);
		}
		str_adds(out, "\n# a comment\n");
	}
}

static void
there_and_back(const struct seen *seen)
{
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_seen) struct seen again = { 0 };
	struct err err;

	write_again(seen, &text);
	again.lines = 1 + (unsigned)fuzz_lines(str_slice(&text));
	promise(alias_scan_each("f", fuzz_file(str_slice(&text)), see, &again,
	    &err) == 0 && again.count == seen->count,
	    "a file that is written has the same entries");
	for (size_t i = 0; i < seen->count; i++) {
		if (seen->entry[i].wrong != NULL)
			continue;
		promise(strcmp(again.entry[i].name, seen->entry[i].name) == 0,
		    "a name that is written is the same name");
		promise(again.entry[i].wrong == NULL,
		    "an entry that is written is read");
		same_members(&again.entry[i], &seen->entry[i],
		    "a list that is written is the same list");
	}
}

static void
allows_more(const struct alias_entry *less, const struct alias_entry *more)
{
	if (less->wrong != NULL)
		return;
	promise(more->wrong == NULL, "trust allows more");
	same_members(less, more, "trust changes nothing");
}

/* As an included file, and as an account's .forward. */
static void
as_one_list(struct slice text, unsigned lines)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_question question = { .include = true };
	struct alias_entry *trusted, *forward, *plain;
	struct err err;

	promise(alias_scan(&pool, "f", fuzz_file(text), true, &question,
	    &trusted, &err) == 0 && alias_scan(&pool, "f", fuzz_file(text),
	    false, &question, &plain, &err) == 0, "an include can be read");
	question.commands = true;
	promise(alias_scan(&pool, "f", fuzz_file(text), false, &question,
	    &forward, &err) == 0, "a forward can be read");
	if (lines == 0)
		return;
	look_at(trusted, lines + 1);
	allows_more(plain, forward);
	allows_more(forward, trusted);
}

void
fuzz(struct slice input)
{
	SCOPED(drop_seen) struct seen seen = { 0 };
	struct err err;

	seen.lines = (unsigned)fuzz_lines(input) + !slice_ends(input, "\n");
	promise(alias_scan_each("f", fuzz_file(input), see, &seen, &err) == 0,
	    "a file can be walked through");
	/* Names with NUL bytes are shown up to those. */
	bool can_ask = !seen.more && !slice_has(input, '\0');
	for (size_t i = 0; i < seen.count && can_ask; i++)
		is_found(&seen, i, input);
	there_and_back(&seen);
	as_one_list(input, (unsigned)fuzz_lines(input));
}
