/* mbox_test.c: appending to an mbox: quoting, separators, and what faults
 * leave. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "mbox.h"
#include "scope.h"

static const char old[] = "From a\nS: old\n\nold\n\n";

/* --- helpers ----------------------------------------------------------- */

static int
deliver_from(struct stream *content, struct err *err)
{
	struct mailbox box = {
		.kind = &mbox_kind, .who = { geteuid(), getegid() },
		.parent = unit_dir(), .name = "box", .path = "/spool/box",
		.lock_timeout = 1,
	};
	struct delivery delivery = {
		.sender = "s@far.test", .content = content, .unnamed = -1,
		.deadline = deadline_in(10000),
	};

	return mailbox_deliver(&box, &delivery, err);
}

static int
deliver(struct slice message, struct err *err)
{
	struct stream content = { 0 };

	stream_add_memory(&content, message);
	return deliver_from(&content, err);
}

/* Its first bytes from memory, all others from a file. */
static int
deliver_parts(struct slice message, size_t first, struct err *err)
{
	struct stream content = { 0 };

	unit_write("parts", message.p, message.len);
	SCOPED(drop_fd) int fd = open("parts", O_RDONLY);
	stream_add_memory(&content, (struct slice){ message.p, first });
	stream_add_file(&content, fd, (off_t)first, message.len - first);
	return deliver_from(&content, err);
}

static void
read_box(struct str *out)
{
	SCOPED(drop_fd) int fd = open("box", O_RDONLY);
	char chunk[65536];
	ssize_t n;

	assert_int_not_equal(fd, -1);
	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		str_add(out, chunk, (size_t)n);
}

/* What stands behind the first size bytes and one From_ line. */
static void
read_entry(size_t size, struct str *out)
{
	SCOPED(drop_str) struct str box = { 0 };

	read_box(&box);
	const char *from = box.s + size;
	assert_memory_equal(from, "From s@far.test ", 16);
	const char *start = memchr(from, '\n', box.len - size);
	assert_non_null(start);
	str_add(out, start + 1, box.len - (size_t)(start + 1 - box.s));
}

/* --- quoting ----------------------------------------------------------- */

static const struct row {
	const char	*name, *given, *wanted;
} rows[] = {
	{ "a message ends with an empty line", "S: x\n\nh\n", "S: x\n\nh\n\n" },
	{ "a missing line end is added", "S: x\n\nh", "S: x\n\nh\n\n" },
	{ "an empty message is an empty line", "", "\n\n" },
	{ "From is quoted", "From a\n", ">From a\n\n" },
	{ "a quoted From gets one more", ">From a\n>>From b\n",
	  ">>From a\n>>>From b\n\n" },
	{ "From at the very end is quoted", "x\nFrom ", "x\n>From \n\n" },
	{ "a beginning of From at the very end is kept", "x\nFrom",
	  "x\nFrom\n\n" },
	{ "a row of signs at the very end is kept", "x\n>>>", "x\n>>>\n\n" },
	{ "From without a blank is none", "From\nFrom:\nFromage\n",
	  "From\nFrom:\nFromage\n\n" },
	{ "From within a line is none", "x From a\n", "x From a\n\n" },
	{ "From behind a blank is none", " From a\n> From b\n",
	  " From a\n> From b\n\n" },
	{ "from in lower case is none", "from a\nFROM b\n",
	  "from a\nFROM b\n\n" },
	{ "FrFrom is none", "FrFrom a\nFFrom b\n>F>From c\n",
	  "FrFrom a\nFFrom b\n>F>From c\n\n" },
	{ "a CR at the very end is kept", "x\r", "x\r\r\n\n" },
	{ "a message may end in CRLF", "x\r\n", "x\r\n\n" },
	{ "a bare CR begins no line", "a\rFrom b\n", "a\rFrom b\n\n" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str got = { 0 };
	struct err err = { 0 };

	assert_int_equal(deliver(slice_of(row->given), &err), 0);
	read_entry(0, &got);
	assert_string_equal(str_text(&got), row->wanted);
	assert_no_file("box.lock");
}

static void
test_chunks(void **state)
{
	(void)state;
	for (size_t size = 65536 - 8; size < 65536 + 3; size++) {
		SCOPED(drop_str) struct str given = { 0 }, wanted = { 0 },
		    got = { 0 };
		struct err err = { 0 };

		while (given.len < size - 1)
			str_addc(&given, 'x');
		str_adds(&given, "\n");
		str_addslice(&wanted, str_slice(&given));
		str_adds(&given, ">From a\nFrom b\n");
		str_adds(&wanted, ">>From a\n>From b\n\n");
		unlink("box");
		assert_int_equal(deliver_parts(str_slice(&given), 0, &err), 0);
		read_entry(0, &got);
		assert_int_equal(got.len, wanted.len);
		assert_memory_equal(got.s, wanted.s, wanted.len);
	}
}

static void
test_parts(void **state)
{
	const struct slice given = SLICE(">From a\nFrom b\nx\nFro");
	const char *wanted = ">>From a\n>From b\nx\nFro\n\n";

	(void)state;
	for (size_t first = 0; first < given.len; first++) {
		SCOPED(drop_str) struct str got = { 0 };
		struct err err = { 0 };

		unlink("box");
		assert_int_equal(deliver_parts(given, first, &err), 0);
		read_entry(0, &got);
		assert_string_equal(str_text(&got), wanted);
	}
}

static void
test_exact_chunks(void **state)
{
	(void)state;
	for (size_t size = 65535; size <= 131072; size += size == 65537 ?
	    131072 - 65537 : 1) {
		SCOPED(drop_str) struct str given = { 0 }, got = { 0 };
		struct err err = { 0 };

		while (given.len < size)
			str_addc(&given, 'x');
		unlink("box");
		assert_int_equal(deliver_parts(str_slice(&given), 0, &err), 0);
		read_entry(0, &got);
		assert_int_equal(got.len, size + 2);
	}
}

/* --- what stands before ------------------------------------------------ */

static const struct before_row {
	const char	*name, *before, *between;
} befores[] = {
	{ "behind a whole message nothing is added", old, "" },
	{ "behind a line the rest of an empty line is added", "From a\n\nx\n",
	  "\n" },
	{ "behind a torn line two line ends are added", "From a\n\nx", "\n\n" },
	{ "behind one byte too", "x", "\n\n" },
	{ "behind nothing nothing is added", "", "" },
	{ "behind one line end nothing is added", "\n", "" },
	{ "behind a CRLF that is an empty line nothing is added",
	  "From a\r\n\r\nx\r\n\r\n", "" },
	{ "nor where it is all there is", "\r\n", "" },
	{ "behind a CRLF that ends a line an empty line is added",
	  "From a\r\n\r\nx\r\n", "\n" },
	{ "a CR at the end stays what it is", "From a\n\nx\r", "\r\n\n" },
	{ "behind an empty line too", "From a\n\nx\n\n\r", "\r\n\n" },
};

static void
check_before(void **state)
{
	const struct before_row *row = *state;
	SCOPED(drop_str) struct str got = { 0 }, box = { 0 };
	size_t size = strlen(row->before) + strlen(row->between);
	struct err err = { 0 };

	unit_writes("box", row->before);
	assert_int_equal(deliver(SLICE("S: x\n"), &err), 0);
	read_entry(size, &got);
	assert_string_equal(str_text(&got), "S: x\n\n");
	read_box(&box);
	assert_memory_equal(box.s, row->before, strlen(row->before));
	assert_memory_equal(box.s + strlen(row->before), row->between,
	    strlen(row->between));
}

/* --- faults ------------------------------------------------------------ */

/* A short message is one write; a long one in memory is, too, where nothing in
 * it is to be quoted. */
static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
	size_t		 size;		/* of the message */
} faults[] = {
	{ "a write that fails leaves the file as it was", "write", 1, ENOSPC,
	  10 },
	{ "a later write that fails leaves it as it was", "write", 3, EDQUOT,
	  400000 },
	{ "the first of several writes that fails leaves it as it was", "write",
	  1, EIO, 400000 },
	{ "a limit on file sizes leaves it as it was", "write", 2, EFBIG,
	  400000 },
	{ "an fsync that fails leaves it as it was", "fsync", 1, EIO, 10 },
	{ "so does one behind a long message", "fsync", 2, EIO, 400000 },
	{ "so does one of the record", "fsync", 1, EIO, 400000 },
	{ "a read of its end that fails leaves it as it was", "pread", 2, EIO,
	  10 },
	{ "a record that cannot be written leaves it as it was", "pwrite", 2,
	  ENOSPC, 10 },
	{ "so does the text of a lock file", "pwrite", 1, EIO, 10 },
	{ "a lock file that cannot be made leaves it as it was", "linkat", 1,
	  ENOSPC, 10 },
};

static const struct fault_row plain_faults[] = {
	{ "a write without quoting that fails leaves it as it was", "write", 1,
	  ENOSPC, 10 },
	{ "so does one of a long message", "write", 1, EDQUOT, 400000 },
};

static void
check_lines(const struct fault_row *row, const char *line)
{
	SCOPED(drop_str) struct str message = { 0 };
	struct err err = { 0 };

	unit_writes("box", old);
	while (message.len < row->size)
		str_adds(&message, line);
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(deliver(str_slice(&message), &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_memory_equal(err.text, "/spool/box: ", 12);
	assert_file("box", old);
	assert_no_file("box.lock");
	assert_int_equal(deliver(str_slice(&message), &err), 0);
}

static void
check_fault(void **state)
{
	check_lines(*state, "From a\n");
}

static void
check_plain_fault(void **state)
{
	check_lines(*state, "Fro a\n");
}

static void
test_interrupted(void **state)
{
	struct err err = { 0 };

	(void)state;
	fault_at("write", 1, EINTR);
	assert_int_equal(deliver(SLICE("S: x\n"), &err), 0);
	assert_true(fault_clear());
	fault_short("write", 1, 3);
	assert_int_equal(deliver(SLICE("S: y\n"), &err), 0);
	assert_true(fault_clear());
	SCOPED(drop_str) struct str box = { 0 };
	read_box(&box);
	assert_non_null(strstr(str_text(&box), "\nS: x\n\nFrom "));
	assert_string_equal(box.s + box.len - 7, "\nS: y\n\n");
}

static void
test_new_stays_empty(void **state)
{
	struct err err = { 0 };

	(void)state;
	fault_at("write", 1, ENOSPC);
	assert_int_equal(deliver(SLICE("S: x\n"), &err), -1);
	assert_true(fault_clear());
	assert_file("box", "");
}

/* pwrite: the lock's text, the record, its end. */
static void
test_cannot_clear(void **state)
{
	struct err err = { 0 };

	(void)state;
	unit_writes("box", old);
	fault_at("pwrite", 3, EIO);
	assert_int_equal(deliver(SLICE("S: x\n"), &err), 0);
	assert_true(fault_clear());
	assert_int_equal(deliver(SLICE("S: y\n"), &err), 0);
	SCOPED(drop_str) struct str box = { 0 };
	read_box(&box);
	assert_non_null(strstr(str_text(&box), "\nS: x\n\nFrom "));
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("quoting does not depend on where a buffer ends", test_chunks);
	add_test("nor on where a part of the message does", test_parts);
	add_test("a message that fills buffers exactly is whole",
	    test_exact_chunks);
	add_rows(befores, check_before);
	add_rows(faults, check_fault);
	add_rows(plain_faults, check_plain_fault);
	add_test("interrupted and short writes go on", test_interrupted);
	add_test("a new file stays, and is empty", test_new_stays_empty);
	add_test("a record that cannot be cleared hurts nobody",
	    test_cannot_clear);
	return run_all();
}
