/* lines_test.c: the lines of a file, one after the other. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "lines.h"
#include "scope.h"

enum { CHUNK = 32768 };		/* what is read at once */

static const struct row {
	const char	*name;
	struct slice	 text;
	const char	*wanted;	/* number:[line] of each; NUL as 0 */
} rows[] = {
	{ "an empty file has no lines", { "", 0 }, "" },
	{ "each line has its number", { "a\nb\n", 4 }, "1:[a] 2:[b] " },
	{ "the last line needs no newline", { "a\nb", 3 }, "1:[a] 2:[b] " },
	{ "an empty line is a line", { "\n\na\n", 4 }, "1:[] 2:[] 3:[a] " },
	{ "one CR before the line's end is taken off",
	  { "a\r\nb\r\r\n\r\n", 9 }, "1:[a] 2:[b\r] 3:[] " },
	{ "a CR at the end of the file too", { "a\r", 2 }, "1:[a] " },
	{ "a CR within a line stays", { "a\rb\n", 4 }, "1:[a\rb] " },
	{ "a byte order mark at the start is taken off",
	  { "\xEF\xBB\xBF" "a\n", 5 }, "1:[a] " },
	{ "a byte order mark elsewhere stays", { "a\n\xEF\xBB\xBF" "b\n", 7 },
	  "1:[a] 2:[\xEF\xBB\xBF" "b] " },
	{ "half a byte order mark stays", { "\xEF\xBB\n", 3 },
	  "1:[\xEF\xBB] " },
	{ "a file of a byte order mark alone is one empty line",
	  { "\xEF\xBB\xBF", 3 }, "1:[] " },
	{ "a NUL is a byte of the line", { "a\0b\n", 4 }, "1:[a0b] " },
};

static void
describe(struct lines *lines, struct str *out)
{
	struct err err = { 0 };
	struct slice line;

	while (lines_next(lines, &line, &err) == 1) {
		str_addf(out, "%u:[", lines->number);
		for (size_t i = 0; i < line.len; i++)
			str_addc(out, line.p[i] ? line.p[i] : '0');
		str_adds(out, "] ");
	}
	assert_int_equal(err.kind, ERR_NONE);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct slice line;
	struct err err = { 0 };

	unit_write("file", row->text.p, row->text.len);
	lines.fd = fd = open("file", O_RDONLY);
	describe(&lines, &got);
	assert_string_equal(str_text(&got), row->wanted);
	assert_int_equal(lines_next(&lines, &line, &err), 0);
}

/* A first line of so many bytes, then "b". */
static const struct length_row {
	const char	*name;
	size_t		 length;
	bool		 too_long;
} lengths[] = {
	{ "a line that ends just before the buffer does", CHUNK - 2, false },
	{ "a line whose newline is the buffer's last byte", CHUNK - 1, false },
	{ "a line whose newline begins the next buffer", CHUNK, false },
	{ "a line one byte longer than a buffer", CHUNK + 1, false },
	{ "a line of many buffers", 10 * CHUNK - 1, false },
	{ "a line of just the limit is whole", LINE_MAX_BYTES, false },
	{ "one byte more is cut", LINE_MAX_BYTES + 1, true },
	{ "a line that ends soon after the limit is cut", LINE_MAX_BYTES + 1000,
	  true },
	{ "a line of many times the limit is cut, and reading goes on",
	  5 * LINE_MAX_BYTES, true },
};

static void
check_length(void **state)
{
	const struct length_row *row = *state;
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	struct err err = { 0 };
	char *text = malloc(row->length + 3);

	memset(text, 'a', row->length);
	memcpy(text + row->length, "\nb\n", 3);
	unit_write("file", text, row->length + 3);
	free(text);
	lines.fd = fd = open("file", O_RDONLY);
	assert_int_equal(lines_next(&lines, &line, &err), 1);
	assert_int_equal(line.len, row->too_long ? LINE_MAX_BYTES :
	    row->length);
	assert_int_equal(lines.too_long, row->too_long);
	assert_int_equal(line.p[line.len - 1], 'a');
	assert_int_equal(lines_next(&lines, &line, &err), 1);
	assert_true(slice_is(line, "b"));
	assert_false(lines.too_long);
	assert_int_equal(lines.number, 2);
	assert_int_equal(lines_next(&lines, &line, &err), 0);
	assert_true(lines.buffer.cap <= 4 * LINE_MAX_BYTES);
}

static void
test_long_last(void **state)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	struct err err = { 0 };
	char *text = malloc(2 * LINE_MAX_BYTES);

	(void)state;
	memset(text, 'a', 2 * LINE_MAX_BYTES);
	unit_write("file", text, 2 * LINE_MAX_BYTES);
	free(text);
	lines.fd = fd = open("file", O_RDONLY);
	assert_int_equal(lines_next(&lines, &line, &err), 1);
	assert_true(lines.too_long);
	assert_int_equal(lines_next(&lines, &line, &err), 0);
}

static void
test_fails(void **state)
{
	SCOPED(drop_lines) struct lines lines = { .fd = 0 };
	struct slice line;
	struct err err = { 0 };

	(void)state;
	fault_at("read", 1, EIO);
	assert_int_equal(lines_next(&lines, &line, &err), -1);
	assert_err(err, ERR_TEMPORARY, "read: Input/output error");
}

static void
test_fails_within(void **state)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	struct err err = { 0 };
	char *text = malloc(2 * LINE_MAX_BYTES);

	(void)state;
	memset(text, 'a', 2 * LINE_MAX_BYTES);
	unit_write("file", text, 2 * LINE_MAX_BYTES);
	free(text);
	lines.fd = fd = open("file", O_RDONLY);
	assert_int_equal(lines_next(&lines, &line, &err), 1);
	fault_at("read", 1, EIO);
	assert_int_equal(lines_next(&lines, &line, &err), -1);
	assert_err(err, ERR_TEMPORARY, "read: Input/output error");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(lengths, check_length);
	add_test("an endless last line is cut, and then the file has ended",
	    test_long_last);
	add_test("a read that fails is not the end of the file", test_fails);
	add_test("nor is it within an endless line", test_fails_within);
	return run_all();
}
