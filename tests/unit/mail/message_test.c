/* message_test.c: a message on its way in: its bytes, its header, loops. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "message.h"
#include "scope.h"

static const char trace[] = "Delivered-To: joe@a.test\n";

/* --- helpers ----------------------------------------------------------- */

static int
open_unnamed(void *arg, int *fd, struct err *err)
{
	(void)arg;
	*fd = openat(unit_dir(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return *fd == -1 ? err_sys(err, "unnamed file") : 0;
}

static int
refuse_file(void *arg, int *fd, struct err *err)
{
	(void)arg;
	(void)fd;
	return err_set(err, ERR_TEMPORARY, "no file for you");
}

static int
read_in(const char *p, size_t len, const struct message_intake *how,
    struct message *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	unit_write("input", p, len);
	fd = open("input", O_RDONLY);
	assert_int_not_equal(fd, -1);
	return message_read(fd, how, out, err);
}

static struct message_intake
intake(const char *top)
{
	return (struct message_intake){
		.deadline = deadline_in(10000), .open_file = open_unnamed,
		.trace = top,
	};
}

static void
read_stream(struct stream *stream, struct str *out)
{
	char chunk[1000];
	struct err err = { 0 };
	ssize_t n;

	stream_rewind(stream);
	while ((n = stream_read(stream, chunk, sizeof chunk, &err)) > 0)
		str_add(out, chunk, (size_t)n);
	assert_int_equal(n, 0);
	assert_int_equal(out->len, stream_size(stream));
}

/* --- what is delivered ------------------------------------------------- */

static const struct row {
	const char	*name, *given, *wanted;
} rows[] = {
	{ "a message is kept", "S: x\n\nh\n", "S: x\n\nh\n" },
	{ "no message is kept", "", "" },
	{ "no final newline is added", "S: x\n\nh", "S: x\n\nh" },
	{ "the From line goes", "From a b\nS: x\n\nh\n", "S: x\n\nh\n" },
	{ "only one From line goes", "From a\nFrom b\n", "From b\n" },
	{ "a quoted From line stays", ">From a\nS: x\n", ">From a\nS: x\n" },
	{ "a From line alone leaves nothing", "From a", "" },
	{ "a Return-Path goes, in any case", "A: 1\nreturn-PATH: x\nB: 2\n",
	  "A: 1\nB: 2\n" },
	{ "all of them go", "Return-Path:a\nReturn-Path :b\n\n", "\n" },
	{ "a folded one goes whole", "Return-Path:\n a\n\tb\nS: x\n",
	  "S: x\n" },
	{ "one of the body stays", "S: x\n\nReturn-Path: a\n",
	  "S: x\n\nReturn-Path: a\n" },
	{ "one behind a line that is no field stays", "hello\nReturn-Path: a\n",
	  "hello\nReturn-Path: a\n" },
	{ "one that begins with a blank is no field", " Return-Path: a\n",
	  " Return-Path: a\n" },
	{ "a field with a similar name stays",
	  "Return-Paths: a\nXReturn-Path: b\n",
	  "Return-Paths: a\nXReturn-Path: b\n" },
	{ "CRLF stays CRLF", "Return-Path: a\r\nS: x\r\n\r\nh\r\n",
	  "S: x\r\n\r\nh\r\n" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	SCOPED(drop_str) struct str got = { 0 }, wanted = { 0 };
	struct message_intake how = intake(trace);
	struct stream content;
	struct err err = { 0 };

	assert_int_equal(read_in(row->given, strlen(row->given), &how, &m,
	    &err), 0);
	assert_false(message_content(&m, trace, &content));
	read_stream(&content, &got);
	str_addf(&wanted, "%s%s", trace, row->wanted);
	assert_string_equal(str_text(&got), str_text(&wanted));
}

/* --- sizes ------------------------------------------------------------- */

/* A header of three lines, and as many bytes of body as make it size: lines
 * that end in CRLF, one where memory ends. */
static void
make_message(struct str *out, size_t size)
{
	static const char head[] = "From x\nReturn-Path: y\nS: x\n\n";

	str_adds(out, head);
	while (out->len < size)
		str_addc(out, out->len % 64 == 0 ? '\n' :
		    out->len % 64 == 63 ? '\r' :
		    (char)('a' + out->len % 23));
}

static const struct size_row {
	const char	*name;
	size_t		 size;
	bool		 in_file;
} sizes[] = {
	{ "one byte less than memory holds stays there", MESSAGE_MEMORY - 1,
	  false },
	{ "what fits into memory exactly stays there", MESSAGE_MEMORY, false },
	{ "one byte more goes into a file", MESSAGE_MEMORY + 1, true },
	{ "a long message goes into a file", 5 * MESSAGE_MEMORY + 77, true },
};

/* A file that is a whole delivery was counted when it was written. */
static void
assert_counted(const struct message *m, struct slice delivery)
{
	struct octets octets = { 0 };

	if (m->top == 0)
		return;
	octets_add(&octets, delivery);
	assert_true(octets_total(&octets) < delivery.len + 64);
	assert_int_equal(octets_total(&m->octets), octets_total(&octets));
}

static void
check_size(void **state)
{
	const struct size_row *row = *state;

	/* Without a trace the file gets the bytes as they come. */
	for (int with_trace = 0; with_trace < 2; with_trace++) {
		SCOPED(drop_message) struct message m = MESSAGE_NONE;
		SCOPED(drop_str) struct str given = { 0 }, got = { 0 };
		struct message_intake how = intake(with_trace ? trace : NULL);
		struct stream content;
		struct err err = { 0 };

		make_message(&given, row->size);
		assert_int_equal(read_in(given.s, given.len, &how, &m, &err),
		    0);
		assert_int_equal(m.size, row->size);
		assert_int_equal(m.file != -1, row->in_file);
		assert_int_equal(message_content(&m, trace, &content),
		    row->in_file && with_trace);
		read_stream(&content, &got);
		assert_memory_equal(got.s, trace, strlen(trace));
		const char *kept = strstr(given.s, "S: x");
		assert_int_equal(got.len,
		    strlen(trace) + given.len - (size_t)(kept - given.s));
		assert_memory_equal(got.s + strlen(trace), kept,
		    got.len - strlen(trace));
		assert_counted(&m, str_slice(&got));
	}
}

/* What a process wrote into a file that it was given. */
static const struct size_row adopted[] = {
	{ "an empty file is an empty message", 0, true },
	{ "a short file is a message", 100, true },
	{ "a file as long as memory holds is one", MESSAGE_MEMORY, true },
	{ "a longer file is one, too", MESSAGE_MEMORY + 1, true },
	{ "a much longer one", 3 * MESSAGE_MEMORY + 5, true },
};

static void
check_adopted(void **state)
{
	const struct size_row *row = *state;
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	SCOPED(drop_str) struct str given = { 0 }, got = { 0 }, read = { 0 };
	struct message_intake how = intake(NULL);
	SCOPED(drop_message) struct message other = MESSAGE_NONE;
	struct stream content;
	struct err err = { 0 };

	if (row->size > 0)
		make_message(&given, row->size);
	unit_write("message", str_text(&given), given.len);
	assert_int_equal(message_adopt(open("message", O_RDONLY), &m, &err),
	    0);
	assert_int_equal(m.size, given.len);
	assert_int_equal(message_load(&m, &err), 0);
	assert_int_equal(message_load(&m, &err), 0);
	assert_false(message_content(&m, trace, &content));
	read_stream(&content, &got);
	assert_int_equal(read_in(str_text(&given), given.len, &how, &other,
	    &err), 0);
	message_content(&other, trace, &content);
	read_stream(&content, &read);
	assert_true(slice_equal(str_slice(&got), str_slice(&read)));
}

static void
test_shrunk(void **state)
{
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	struct err err = { 0 };

	(void)state;
	unit_writes("message", "S: x\n\nbody\n");
	assert_int_equal(message_adopt(open("message", O_RDWR), &m, &err), 0);
	assert_int_equal(ftruncate(m.file, 3), 0);
	assert_int_equal(message_load(&m, &err), -1);
	assert_err(err, ERR_TEMPORARY, "the message became shorter");
}

static void
test_limit(void **state)
{
	struct message_intake how = intake(trace);
	struct err err = { 0 };

	(void)state;
	how.max = 4;
	{
		SCOPED(drop_message) struct message m = MESSAGE_NONE;
		assert_int_equal(read_in("1234", 4, &how, &m, &err), 0);
	}
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	assert_int_equal(read_in("12345", 5, &how, &m, &err), -1);
	assert_err(err, ERR_REFUSED, "the message is longer than 4 bytes");
	assert_int_equal(m.file, -1);
}

static void
test_no_file(void **state)
{
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	SCOPED(drop_str) struct str given = { 0 };
	struct message_intake how = intake(trace);
	struct err err = { 0 };

	(void)state;
	how.open_file = refuse_file;
	make_message(&given, MESSAGE_MEMORY + 1);
	assert_int_equal(read_in(given.s, given.len, &how, &m, &err), -1);
	assert_err(err, ERR_TEMPORARY, "no file for you");
}

static void
test_deadline(void **state)
{
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	struct message_intake how = intake(trace);
	struct err err = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	how.deadline = deadline_in(1);
	assert_int_equal(message_read(ends[0], &how, &m, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	close(ends[0]);
	close(ends[1]);
}

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
} faults[] = {
	{ "a read that fails is no end of the message", "read", 1, EIO },
	{ "nor is a later one", "read", 3, EIO },
	{ "a file that cannot be written fails the message", "write", 1,
	  ENOSPC },
	{ "so it does at its last bytes", "write", 3, ENOSPC },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	SCOPED(drop_str) struct str given = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct message_intake how = intake(trace);
	struct err err = { 0 };

	make_message(&given, MESSAGE_MEMORY + 1000);
	unit_write("input", given.s, given.len);
	fd = open("input", O_RDONLY);
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(message_read(fd, &how, &m, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_int_equal(m.file, -1);
}

/* --- loops ------------------------------------------------------------- */

static const struct loop_row {
	const char	*name, *given;
	bool		 is_loop;
} loops[] = {
	{ "a text that begins with a blank makes our field no longer",
	  "Delivered-To: joe@a.test\n text\n", true },
	{ "a message without Delivered-To is none", "S: x\n\n", false },
	{ "one that was here is", "Delivered-To: joe@a.test\n\n", true },
	{ "so it is in other cases and with blanks",
	  "DELIVERED-TO :  Joe@A.test \n\n", true },
	{ "so it is when folded", "Delivered-To:\n joe@a.test\n\n", true },
	{ "so it is with CRLF", "S: x\r\nDelivered-To: joe@a.test\r\n\r\n",
	  true },
	{ "so it is behind a From line", "From x\nDelivered-To: joe@a.test\n\n",
	  true },
	{ "so it is in the last of several",
	  "Delivered-To: a\nDelivered-To: joe@a.test\n\n", true },
	{ "somebody else's is none", "Delivered-To: ann@a.test\n\n", false },
	{ "a longer address is none", "Delivered-To: joe@a.test.test\n\n",
	  false },
	{ "one of the body is none", "S: x\n\nDelivered-To: joe@a.test\n",
	  false },
	{ "another field with the address is none",
	  "X-Delivered-To: joe@a.test\n\n", false },
};

static void
check_loop(void **state)
{
	const struct loop_row *row = *state;
	SCOPED(drop_message) struct message m = MESSAGE_NONE;
	struct message_intake how = intake(trace);
	struct err err = { 0 };

	assert_int_equal(read_in(row->given, strlen(row->given), &how, &m,
	    &err), 0);
	assert_int_equal(message_check_loop(&m, "joe@a.test", &err),
	    row->is_loop ? -1 : 0);
	if (row->is_loop)
		assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(message_check_loop(&m, NULL, &err), 0);
}

static void
test_hops(void **state)
{
	(void)state;
	for (int hops = MESSAGE_HOPS; hops <= MESSAGE_HOPS + 1; hops++) {
		SCOPED(drop_message) struct message m = MESSAGE_NONE;
		SCOPED(drop_str) struct str given = { 0 };
		struct message_intake how = intake(trace);
		struct err err = { 0 };

		for (int i = 0; i < hops; i++)
			str_adds(&given, "Received: from a by b;\n\tnow\n");
		str_adds(&given, "\nReceived: x\n");
		assert_int_equal(read_in(given.s, given.len, &how, &m, &err),
		    0);
		assert_int_equal(message_check_loop(&m, NULL, &err),
		    hops > MESSAGE_HOPS ? -1 : 0);
	}
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(sizes, check_size);
	add_rows(adopted, check_adopted);
	add_test("a file that became shorter is a fault", test_shrunk);
	add_test("one byte more than the limit is refused", test_limit);
	add_test("a file that cannot be opened fails the message",
	    test_no_file);
	add_test("a writer that says nothing is waited for no longer than the "
	    "deadline", test_deadline);
	add_rows(faults, check_fault);
	add_rows(loops, check_loop);
	add_test("a hundred Received fields are none, one more is a loop",
	    test_hops);
	return run_all();
}
