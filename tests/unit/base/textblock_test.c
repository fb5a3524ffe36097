/* textblock_test.c: where in a text a block begins. */
#include "../unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "mem.h"
#include "scope.h"
#include "textblock.h"

static const struct row {
	const char	*name;
	const char	*text;
	size_t		 begins[4];	/* but the first; 0: no more */
} rows[] = {
	{ "each line is one", "a\nb\nc\n", { 2, 4 } },
	{ "a blank goes on", "a\n b\nc\n", { 5 } },
	{ "comments and empty lines belong to what is before them",
	  "a\n# b\n\nc\n", { 7 } },
	{ "a backslash goes on", "a\\\nb\nc\n", { 5 } },
	{ "also before a CR", "a\\\r\nb\nc\n", { 6 } },
	{ "one without its end", "a\nbb", { 2 } },
	{ "nothing begins behind the last line's end", "a\n", { 0 } },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	const char *p = row->text;
	size_t len = strlen(p), start = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t next = row->begins[i] != 0 ? row->begins[i] : len;
		assert_int_equal(textblock_next(p, len, start), next);
		for (size_t at = start; at < next; at++)
			assert_int_equal(textblock_start(p, at), start);
		assert_int_equal(textblock_last(p, next), start);
		if (next == len)
			break;
		start = next;
	}
}

static void
check_before(off_t size, const char *end, off_t wanted)
{
	SCOPED(drop_mem) char *text = mem_alloc((size_t)size + 1);
	SCOPED(drop_fd) int fd = -1;
	off_t start;
	struct err err;

	memset(text, 'a', (size_t)size);
	memcpy(text + size - strlen(end), end, strlen(end));
	unit_writes("text", text);
	fd = open("text", O_RDONLY | O_CLOEXEC);
	assert_int_equal(textblock_before(fd, size, &start, &err), 0);
	assert_int_equal(start, wanted);
}

static void
test_before(void **state)
{
	(void)state;
	check_before(0, "", 0);
	check_before(10, "\nb\n c\n", 5);
	check_before(400000, "\n\nb\n c\n", 399995);
	/* the line before it could be one that is cut */
	check_before(400000, "\nb\n", 0);
	check_before(400000, "", 0);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("the last one before an offset", test_before);
	return run_all();
}
