/* aliases_test.c: entries of alias files: where each begins and ends, and which
 * one counts. */
#include "../unit.h"

#include <errno.h>

#include "aliases.h"
#include "scope.h"

static const char *const kinds[] = {
	[ALIAS_ADDRESS] = "address", [ALIAS_MAILBOX] = "mailbox",
	[ALIAS_COMMAND] = "command", [ALIAS_FILE] = "file",
	[ALIAS_INCLUDE] = "include",
};

/* "name line-last_line again: kind text@line, ..." or "...: WRONG". */
static void
describe(const struct alias_entry *e, struct str *out)
{
	str_addf(out, "%s %u-%u%s:", e->name, e->line, e->last_line, e->again ?
	    " again" : "");
	if (e->wrong != NULL)
		str_addf(out, " %s", e->wrong);
	for (size_t i = 0; i < e->count && e->wrong == NULL; i++)
		str_addf(out, "%s %s %s@%u", i ? "," : "",
		    kinds[e->members[i].kind], e->members[i].text,
		    e->members[i].line);
}

/* An installation of whoever runs this, in the test's directory. */
static void
open_here(struct installation *in)
{
	struct err err = { 0 };

	unit_writes("vmail.conf", "main-domain = main.test\n");
	if (installation_open(unit_path(), PROGRAM_VDELIVER, in, &err) == -1)
		fail_msg("%s", err.text);
}

static const struct row {
	const char	*name, *text;
	const char	*wanted;	/* of every entry, joined by '|' */
} rows[] = {
	{ "an empty file has no entries", "", "" },
	{ "comments and empty lines are no entries",
	  "# a: b\n\n \t\n  # c: d\n", "" },
	{ "one entry", "x: joe\n", "x 1-1: address joe@1" },
	{ "an entry without a newline", "x: joe", "x 1-1: address joe@1" },
	{ "an entry that goes on", "x: joe,\n ann\ny: bob\n",
	  "x 1-2: address joe@1, address ann@2|y 3-3: address bob@3" },
	{ "comment and blank lines inside count as lines",
	  "x: joe,\n# c\n\n ann\n", "x 1-4: address joe@1, address ann@4" },
	{ "comment lines behind an entry are not its own",
	  "x: joe\n# c\n\ny: ann\n",
	  "x 1-1: address joe@1|y 4-4: address ann@4" },
	{ "a backslash joins what need not be indented", "x: joe, \\\nann\n",
	  "x 1-2: address joe@1, address ann@2" },
	{ "a backslash joins even a line like a comment", "x: \"|a \\\n# b\"\n",
	  "x 1-2: command a  # b@1" },
	{ "a backslash on the last line", "x: joe\\", "x 1-1: address joe@1" },
	{ "a name with blanks around it", "  a b \t: joe\n",
	  "a b 1-1: address joe@1" },
	{ "a quoted name", "\"a:b \\\"c\\\\\" : joe\n",
	  "a:b \"c\\ 1-1: address joe@1" },
	{ "an empty quoted name is nobody's", "\"\": joe\n",
	  " 1-1: address joe@1" },
	{ "a line that begins indented, without an entry before", " joe: ann\n",
	  "joe 1-1: address ann@1" },
	{ "a missing colon", "x joe\ny: ann\n",
	  "x 1-1: %f:1: ':' is missing behind the name|y 2-2: address ann@2" },
	{ "a missing name", ": joe\ny: ann\n",
	  " 1-1: %f:1: a name is missing before ':'|y 2-2: address ann@2" },
	{ "a quoted name without a colon", "\"x\" joe\n",
	  "x 1-1: %f:1: ':' is missing behind the name" },
	{ "no members", "x:\ny: ann\n",
	  "x 1-1: %f:1: the alias has no members|y 2-2: address ann@2" },
	{ "an error in a later line", "x: joe,\n ann bob\n",
	  "x 1-2: %f:2: a comma is missing between two members" },
	{ "CRLF and a byte order mark", "\xEF\xBB\xBFx: joe,\r\n ann\r\n",
	  "x 1-2: address joe@1, address ann@2" },
};

static int
collect(void *arg, const struct alias_entry *entry, struct err *err)
{
	struct str *out = arg;

	(void)err;
	if (out->len > 0)
		str_addc(out, '|');
	describe(entry, out);
	return 0;
}

/* %f is the file's path. */
static void
fill_in(const char *wanted, const char *path, struct str *out)
{
	for (const char *p = wanted; *p != '\0'; p++)
		if (p[0] == '%' && p[1] == 'f') {
			str_adds(out, path);
			p++;
		} else {
			str_addc(out, *p);
		}
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_str) struct str got = { 0 }, wanted = { 0 }, path = { 0 };
	struct err err = { 0 };

	open_here(&in);
	str_addf(&path, "%s/aliases.a.test", in.path);
	unit_writes("aliases.a.test", row->text);
	assert_int_equal(alias_each(&in, "aliases.a.test", collect, &got, &err),
	    0);
	fill_in(row->wanted, str_text(&path), &wanted);
	assert_string_equal(str_text(&got), str_text(&wanted));
}

static const struct find_row {
	const char	*name, *text, *look_for;
	const char	*wanted;	/* NULL: absent */
} finds[] = {
	{ "find: in any case", "Sales: joe\n", "sALES",
	  "Sales 1-1: address joe@1" },
	{ "find: the last of two", "x: joe\ny: bob\nX: ann\n", "x",
	  "X 3-3 again: address ann@3" },
	{ "find: the last of three", "x: a\nx: b\nx: c\n", "x",
	  "x 3-3 again: address c@3" },
	{ "find: not part of a name", "xy: joe\n", "x", NULL },
	{ "find: not more than a name", "x: joe\n", "xy", NULL },
	{ "find: not in a comment", "# x: joe\n", "x", NULL },
	{ "find: not a member", "y: x\n", "x", NULL },
	{ "find: not in an empty file", "", "x", NULL },
	{ "find: an error of another entry does not matter", "y joe\nx: ann\n",
	  "x", "x 2-2: address ann@2" },
	{ "find: a wrong last one counts", "x: joe\nx: a b\n", "x",
	  "x 2-2 again: %f:2: a comma is missing between two members" },
	{ "find: a wrong first one does not", "x: a b\nx: joe\n", "x",
	  "x 2-2 again: address joe@2" },
};

static void
check_find(void **state)
{
	const struct find_row *row = *state;
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str got = { 0 }, wanted = { 0 }, path = { 0 };
	struct alias_entry *entry = NULL;
	struct err err = { 0 };

	open_here(&in);
	str_addf(&path, "%s/aliases.a.test", in.path);
	unit_writes("aliases.a.test", row->text);
	int result = alias_find(&in, &pool, "aliases.a.test",
	    slice_of(row->look_for), &entry, &err);
	if (row->wanted == NULL) {
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_null(entry);
		return;
	}
	assert_int_equal(result, 0);
	describe(entry, &got);
	fill_in(row->wanted, str_text(&path), &wanted);
	assert_string_equal(str_text(&got), str_text(&wanted));
}

static void
missing(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry = NULL;
	struct err err = { 0 };

	(void)state;
	open_here(&in);
	assert_int_equal(alias_find(&in, &pool, "aliases.a.test", SLICE("x"),
	    &entry, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_int_equal(alias_include(&in, &pool, "/nowhere/list", &entry,
	    &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "/nowhere/list: No such file or directory");
}

static void
read_error(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct alias_entry *entry = NULL;
	struct err err = { 0 };

	(void)state;
	open_here(&in);
	unit_writes("aliases.a.test", "x: joe\n");
	fault_at("read", 1, EIO);
	assert_int_equal(alias_find(&in, &pool, "aliases.a.test", SLICE("x"),
	    &entry, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_null(entry);
}

static void
visitor_ends(void **state)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	struct err err = { 0 };

	(void)state;
	open_here(&in);
	assert_int_equal(alias_each(&in, "aliases.a.test", collect, NULL, &err),
	    -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(finds, check_find);
	add_test("a missing file is temporary, not an absent alias", missing);
	add_test("a read error is temporary, not an absent alias", read_error);
	add_test("a missing file has nothing to visit", visitor_ends);
	return run_all();
}
