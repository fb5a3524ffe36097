/* textdiff_test.c: which lines of a text were replaced by which. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"
#include "textdiff.h"

static const struct row {
	const char	*name;
	const char	*was, *is;
	/* start, was's end, is's end, lines before, lines more */
	long		 wanted[5];
} rows[] = {
	{ "a line behind the others is nothing else", "a\nb\n", "a\nb\nc\n",
	  { 4, 4, 6, 2, 1 } },
	{ "the same text has no difference but its end", "a\nb\n", "a\nb\n",
	  { 4, 4, 4, 2, 0 } },
	{ "the first text of all", "", "a\n", { 0, 0, 2, 0, 1 } },
	{ "a line that goes, up to a line behind one that is the same",
	  "a\nb\nc\nd\ne\n", "a\nc\nd\ne\n", { 2, 8, 6, 1, -1 } },
	{ "a line that is changed", "aa\nbb\ncc\ndd\n", "aa\nbx\ncc\ndd\n",
	  { 3, 9, 9, 1, 0 } },
	{ "the last line without its end", "a\nb", "a\nb\nc\n",
	  { 2, 3, 6, 1, 2 } },
	{ "a text that goes", "a\nb\n", "", { 0, 4, 0, 0, -2 } },
	{ "a line that goes on belongs to the one before", "a\nb\n c\n",
	  "a\nb\n x\n", { 2, 7, 7, 1, 0 } },
	{ "so does what follows a backslash", "a\nb\\\nc\n", "a\nb\\\nx\n",
	  { 2, 7, 7, 1, 0 } },
	{ "and one before a CR", "a\nb\\\r\nc\n", "a\nb\\\r\nx\n",
	  { 2, 8, 8, 1, 0 } },
	{ "a line that becomes one that goes on changes the one before",
	  "a\nb\nc\nd\n", "a\n b\nc\nd\n", { 0, 6, 7, 0, 0 } },
	{ "comments belong to what is before them", "a\n# b\nc\nd\n",
	  "a\n# x\nc\nd\n", { 0, 8, 8, 0, 0 } },
	{ "a backslash that comes up reaches to where no line goes on",
	  "a\nb\nc\n d\ne\n", "a\nb\\\nc\n d\ne\n", { 2, 9, 10, 1, 0 } },
};

static int
open_texts(const char *was, const char *is, int *old_fd, int *new_fd)
{
	unit_writes("was", was);
	unit_writes("is", is);
	*old_fd = open("was", O_RDONLY | O_CLOEXEC);
	*new_fd = open("is", O_RDONLY | O_CLOEXEC);
	return *old_fd != -1 && *new_fd != -1 ? 0 : -1;
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_fd) int was = -1;
	SCOPED(drop_fd) int is = -1;
	struct textdiff got;
	struct err err;

	assert_int_equal(open_texts(row->was, row->is, &was, &is), 0);
	assert_int_equal(textdiff(was, is, &got, &err), 1);
	long found[] = { got.start, got.old_end, got.new_end,
	    got.lines_before, (long)got.lines };
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(found[i], row->wanted[i]);
}

/* A text of so many lines, one of them different. */
static char *
many_lines(size_t lines, size_t different)
{
	char *text = mem_alloc(lines * 10 + 1), *at = text;

	for (size_t i = 0; i < lines; i++)
		at += sprintf(at, "%08zu%c\n", i, i == different ? 'x' : '.');
	return text;
}

static void
test_far_in_a_long_text(void **state)
{
	enum { LINES = 200000, AT = 123456 };
	SCOPED(drop_mem) char *a = many_lines(LINES, LINES);
	SCOPED(drop_mem) char *b = many_lines(LINES, AT);
	SCOPED(drop_fd) int was = -1;
	SCOPED(drop_fd) int is = -1;
	struct textdiff got;
	struct err err;

	(void)state;
	assert_int_equal(open_texts(a, b, &was, &is), 0);
	assert_int_equal(textdiff(was, is, &got, &err), 1);
	assert_int_equal(got.start, AT * 10);
	assert_int_equal(got.lines_before, AT);
	assert_int_equal(got.old_end, (AT + 2) * 10);
	assert_int_equal(got.lines, 0);
}

static void
test_too_much_is_not_told(void **state)
{
	enum { LINES = 600000 };
	SCOPED(drop_mem) char *a = many_lines(LINES, 1);
	SCOPED(drop_mem) char *b = many_lines(LINES, LINES);
	SCOPED(drop_fd) int was = -1;
	SCOPED(drop_fd) int is = -1;
	struct textdiff got;
	struct err err;

	(void)state;
	b[(LINES - 1) * 10] = 'x';
	assert_int_equal(open_texts(a, b, &was, &is), 0);
	assert_int_equal(textdiff(was, is, &got, &err), 0);
}

static void
test_a_line_of_which_no_end_is_near(void **state)
{
	enum { LONG = 5 << 20 };
	SCOPED(drop_mem) char *text = mem_alloc(LONG + 8);
	SCOPED(drop_fd) int was = -1;
	SCOPED(drop_fd) int is = -1;
	struct textdiff got;
	struct err err;

	(void)state;
	memset(text, 'a', LONG);
	unit_writes("was", text);
	strcpy(text + LONG - 1, "b\n");
	unit_writes("is", text);
	was = open("was", O_RDONLY | O_CLOEXEC);
	is = open("is", O_RDONLY | O_CLOEXEC);
	assert_int_equal(textdiff(was, is, &got, &err), 0);
}

/* A list of very many members, each in a line. */
static void
test_a_long_entry(void **state)
{
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int was = -1;
	SCOPED(drop_fd) int is = -1;
	struct textdiff got;
	struct err err;

	(void)state;
	str_adds(&text, "a: b\nlist: c");
	for (int i = 0; i < 100000; i++)
		str_adds(&text, ",\n member");
	size_t end = text.len + 1;
	str_adds(&text, "\nd: e\n");
	unit_writes("was", str_text(&text));
	text.s[end / 2] = 'x';
	unit_writes("is", str_text(&text));
	was = open("was", O_RDONLY | O_CLOEXEC);
	is = open("is", O_RDONLY | O_CLOEXEC);
	assert_int_equal(textdiff(was, is, &got, &err), 1);
	assert_int_equal(got.start, 5);
	assert_int_equal(got.lines_before, 1);
	assert_int_equal(got.old_end, end);
	assert_int_equal(got.new_end, end);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("one line far in a long text", test_far_in_a_long_text);
	add_test("megabytes between two differences are not told",
	    test_too_much_is_not_told);
	add_test("a long entry is told from its beginning to its end",
	    test_a_long_entry);
	add_test("a line whose beginning is far is not told",
	    test_a_line_of_which_no_end_is_near);
	return run_all();
}
