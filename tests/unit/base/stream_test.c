/* stream_test.c: bytes that come from several places, read as one. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "stream.h"

/* "ab", "2345" of a file, nothing, "yz". */
static struct stream
make(int fd)
{
	struct stream s = { 0 };

	stream_add_memory(&s, SLICE("ab"));
	stream_add_file(&s, fd, 2, 4);
	stream_add_memory(&s, SLICE(""));
	stream_add_file(&s, fd, 9, 0);
	stream_add_memory(&s, SLICE("yz"));
	return s;
}

static int
open_digits(void)
{
	unit_writes("digits", "0123456789");
	return open("digits", O_RDWR);
}

static const struct row {
	const char	*name;
	size_t		 size;
} rows[] = {
	{ "byte by byte", 1 }, { "across the borders of pieces", 3 },
	{ "in pieces of just its size", 8 }, { "all at once", 100 },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_fd) int fd = open_digits();
	struct stream s = make(fd);
	struct err err = { 0 };
	char got[100];
	ssize_t n;

	assert_int_equal(stream_size(&s), 8);
	for (int round = 0; round < 2; round++) {
		size_t len = 0;
		while ((n = stream_read(&s, got + len, row->size, &err)) > 0) {
			assert_true((size_t)n <= row->size);
			len += (size_t)n;
		}
		assert_int_equal(n, 0);
		assert_int_equal(len, 8);
		assert_memory_equal(got, "ab2345yz", 8);
		stream_rewind(&s);
	}
	assert_int_equal(stream_size(&s), 8);
}

static void
test_empty(void **state)
{
	struct stream s = { 0 };
	struct err err = { 0 };
	char c;

	(void)state;
	assert_int_equal(stream_size(&s), 0);
	assert_int_equal(stream_read(&s, &c, 1, &err), 0);
	assert_int_equal(stream_copy(&s, -1, NULL, NULL, &err), 0);
}

static void
test_copy(void **state)
{
	SCOPED(drop_fd) int fd = open_digits();
	SCOPED(drop_fd) int out = open("out", O_WRONLY | O_CREAT, 0600);
	struct stream s = make(fd);
	struct err err = { 0 };
	char first[3];

	(void)state;
	assert_int_equal(stream_read(&s, first, 3, &err), 3);
	assert_int_equal(stream_copy(&s, out, NULL, NULL, &err), 0);
	assert_file("out", "345yz");
}

static void
keep(void *kept, struct slice bytes)
{
	str_addslice(kept, bytes);
}

/* Also where the kernel takes less than it is given. */
static void
test_seen(void **state)
{
	SCOPED(drop_fd) int fd = open_digits();
	SCOPED(drop_fd) int out = open("out", O_WRONLY | O_CREAT, 0600);
	SCOPED(drop_str) struct str seen = { 0 };
	struct stream s = make(fd);
	struct err err = { 0 };

	(void)state;
	fault_short("write", 1, 1);
	assert_int_equal(stream_copy(&s, out, keep, &seen, &err), 0);
	assert_true(fault_clear());
	assert_string_equal(str_text(&seen), "ab2345yz");
	assert_file("out", "ab2345yz");
}

static void
test_next(void **state)
{
	static const char *const parts[] = { "ab", "2345", "yz" };
	SCOPED(drop_fd) int fd = open_digits();
	SCOPED(drop_str) struct str buffer = { 0 };
	struct stream s = make(fd), all = { 0 };
	struct err err = { 0 };
	struct slice bytes;

	(void)state;
	stream_add(&all, &s);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stream_next(&all, &buffer, &bytes, &err), 1);
		assert_true(slice_is(bytes, parts[i]));
	}
	assert_int_equal(stream_next(&all, &buffer, &bytes, &err), 0);
	stream_rewind(&all);
	assert_int_equal(stream_read(&all, (char[1]){ 0 }, 1, &err), 1);
	assert_int_equal(stream_next(&all, &buffer, &bytes, &err), 1);
	assert_true(slice_is(bytes, "b"));
	fault_at("pread", 1, EIO);
	assert_int_equal(stream_next(&all, &buffer, &bytes, &err), -1);
}

/* A file comes in parts. */
static void
test_long(void **state)
{
	SCOPED(drop_str) struct str text = { 0 }, buffer = { 0 };
	struct stream s = { 0 };
	struct err err = { 0 };
	struct slice bytes;
	size_t at = 0;
	int got;

	(void)state;
	for (int i = 0; text.len < 200000; i++)
		str_addf(&text, "%d ", i);
	unit_write("long", text.s, text.len);
	SCOPED(drop_fd) int fd = open("long", O_RDONLY);
	stream_add_file(&s, fd, 0, text.len);
	while ((got = stream_next(&s, &buffer, &bytes, &err)) == 1) {
		assert_true(bytes.len <= 65536);
		assert_memory_equal(bytes.p, text.s + at, bytes.len);
		at += bytes.len;
	}
	assert_int_equal(got, 0);
	assert_int_equal(at, text.len);
}

static void
test_full(void **state)
{
	SCOPED(drop_fd) int fd = open_digits();
	struct stream s = make(fd);
	struct err err = { 0 };

	(void)state;
	fault_at("write", 1, ENOSPC);
	assert_int_equal(stream_copy(&s, fd, NULL, NULL, &err), -1);
	assert_err(err, ERR_TEMPORARY, "write: No space left on device");
}

static void
test_shorter(void **state)
{
	SCOPED(drop_fd) int fd = open_digits();
	struct stream s = make(fd);
	struct err err = { 0 };
	char got[8];

	(void)state;
	assert_int_equal(truncate("digits", 5), 0);
	assert_int_equal(stream_read(&s, got, 8, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "the file became shorter while it was read");
}

static void
test_broken(void **state)
{
	SCOPED(drop_fd) int fd = open_digits();
	struct stream s = make(fd);
	struct err err = { 0 };
	char got[8];

	(void)state;
	fault_at("pread", 1, EIO);
	assert_int_equal(stream_read(&s, got, 8, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "read the stored message: Input/output error");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a stream of nothing is at its end", test_empty);
	add_test("what is left is copied", test_copy);
	add_test("whoever wants to see it is shown all of it", test_seen);
	add_test("memory is given where it lies, a file's bytes in a buffer",
	    test_next);
	add_test("a long file is given in parts", test_long);
	add_test("a copy that cannot be written is temporary", test_full);
	add_test("a file that became shorter is an error, not an end",
	    test_shorter);
	add_test("a file that cannot be read is an error", test_broken);
	return run_all();
}
