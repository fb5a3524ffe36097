/* mbox_scan_test.c: where the messages of an mbox begin and end. */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fd.h"
#include "mbox_end.h"
#include "mbox_scan.h"
#include "scope.h"
#include "str.h"

static const struct row {
	const char	*name;
	struct slice	 text;
	/* "from-start-end octets[q]" of each message */
	const char	*found;
} rows[] = {
	{ "an empty file holds nothing", { "", 0 }, "" },
	{ "a From_ line alone is an empty message", { "From a\n", 7 },
	  "0-7-7 0" },
	{ "even without its line end", { "From a", 6 }, "0-6-6 0" },
	{ "the empty line at the end is not part of it",
	  { "From a\nx\n\n", 10 }, "0-7-9 3" },
	{ "one empty line alone separates", { "From a\n\nFrom b\n\n", 16 },
	  "0-7-7 0, 8-15-15 0" },
	{ "only one of several empty lines separates",
	  { "From a\nx\n\n\n\n", 12 }, "0-7-11 7" },
	{ "a last line without its end gets one", { "From a\nx", 8 },
	  "0-7-8 3" },
	{ "From after a line that is not empty is text",
	  { "From a\nx\nFrom b\n", 16 }, "0-7-16 11" },
	{ "From without a blank is text", { "From a\n\nFromage\n", 16 },
	  "0-7-16 11" },
	{ "a quoted From is one octet shorter", { "From a\n\n>From b\n", 16 },
	  "0-7-16 10q" },
	{ "so is one that is quoted twice", { "From a\n\n>>From b\n", 17 },
	  "0-7-17 11q" },
	{ "other quotes stay", { "From a\n\n>Fron b\n> From\n", 23 },
	  "0-7-23 19" },
	{ "so does one that is a CR", { "From a\nx\n\r", 10 },
	  "0-7-10 6" },
	{ "an empty line may be a CRLF", { "From a\nx\n\r\n", 11 },
	  "0-7-9 3" },
	{ "CRLF line ends are two octets as they are",
	  { "From a\r\nx\r\n\r\nFrom b\r\n", 21 }, "0-8-11 3, 13-21-21 0" },
	{ "NULs are bytes", { "From a\n\0\n\n", 10 }, "0-7-9 3" },
	{ "empty lines before the first message are no message",
	  { "\n\nFrom a\nx\n", 11 }, "2-9-11 3" },
	{ "a length that the header tells is not believed",
	    { "From a\nContent-Length: 99\n\nx\n\nFrom b\ny\n", 39 },
	    "0-7-29 25, 30-37-39 3" },
};

static void
describe(const struct mbox_scan *scan, struct str *out)
{
	for (size_t i = 0; i < scan->count; i++) {
		const struct mbox_entry *e = &scan->entries[i];
		str_addf(out, "%s%ld-%ld-%ld %llu%s", i > 0 ? ", " : "",
		    (long)e->from, (long)e->start, (long)e->end,
		    (unsigned long long)e->octets, e->quoted ? "q" : "");
	}
}

static void
scan_file(struct mbox_scan *scan)
{
	SCOPED(drop_fd) int fd = open("mbox", O_RDONLY | O_CLOEXEC);
	struct err err = { 0 };

	if (mbox_scan(fd, 0, SIZE_MAX, scan, &err) == -1)
		fail_msg("%s", err.text);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	SCOPED(drop_str) struct str found = { 0 };

	unit_write("mbox", row->text.p, row->text.len);
	scan_file(&scan);
	describe(&scan, &found);
	assert_string_equal(str_text(&found), row->found);
	assert_int_equal(scan.size, row->text.len);
}

/* The same file, with a header line of every length that moves all that
 * follows over the edges of a buffer. */
static void
test_edges(void **state)
{
	static const char tail[] =
	    "\n\nx\n>From a\n\nFrom b\ns: t\n\n>>>>From z\r\n\r\n\n";

	(void)state;
	for (size_t len = 65536 - 100; len < 65536 + 20; len++) {
		SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
		SCOPED(drop_str) struct str text = { 0 };
		str_adds(&text, "From a\n");
		while (text.len < len)
			str_addc(&text, 'h');
		str_adds(&text, tail);
		unit_write("mbox", text.s, text.len);
		scan_file(&scan);
		assert_int_equal(scan.count, 2);
		assert_int_equal(scan.entries[0].octets,
		    len - 7 + 2 + 2 + 3 + 8);
		assert_int_equal(scan.entries[1].octets, 6 + 2 + 11 + 2);
		assert_true(scan.entries[0].quoted && scan.entries[1].quoted);
		assert_int_equal(scan.entries[1].from, len + 13);
	}
}

static void
hash_of(const char *text, struct uid_hash *hash)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };

	unit_writes("mbox", text);
	scan_file(&scan);
	assert_true(scan.count >= 1);
	*hash = scan.entries[0].hash;
}

/* As a whole, and with the edge of a buffer in any place: before the header
 * there are as many bytes as it takes, which do not count. */
static void
test_hash_edges(void **state)
{
	static const char head[] = "From a\nStatus: ",
	    tail[] = "\nx: y\n\n\r\nb\n\n\n\nc\n>From d\n\n";
	struct uid_hash whole, got;

	(void)state;
	hash_of("From a\nx: y\n\n\r\nb\n\n\n\nc\n>From d\n", &whole);
	for (size_t len = 65536 - 300; len < 65536 + 20; len++) {
		SCOPED(drop_str) struct str text = { 0 };
		str_adds(&text, head);
		while (text.len < len)
			str_addc(&text, 'h');
		str_adds(&text, tail);
		hash_of(str_text(&text), &got);
		assert_true(got.high == whole.high && got.low == whole.low);
	}
}

static const struct same_row {
	const char	*name;
	const char	*a, *b;
	bool		 same;
} same_rows[] = {
	{ "the body counts", "From a\nx: y\n\nb\n",
	  "From a\nx: y\n\nc\n", false },
	{ "so does each of its lines", "From a\nx: y\n\nb\n\nd\n",
	  "From a\nx: y\n\nb\n\ne\n", false },
	{ "so do empty lines within it", "From a\n\nb\n\nc\n",
	  "From a\n\nb\n\n\nc\n", false },
	{ "empty lines at its end do not", "From a\n\nb\n",
	  "From a\n\nb\n\n\r\n\n", true },
	{ "nor does it when the last line has no end", "From a\n\nb",
	  "From a\n\nb\n\nFrom b\n", true },
	{ "nor when it is a CR alone", "From a\n\nb\n\r",
	  "From a\n\nb\n\r\r\n\nFrom b\n", true },
	{ "nor when it ends in a CR", "From a\n\nb\r",
	  "From a\n\nb\r\r\n\nFrom b\n", true },
	{ "nor when it is one in a header", "From a\nx: y\n\r",
	  "From a\nx: y\n\r\r\n\nFrom b\n", true },
	{ "nor in a header", "From a\nx: y", "From a\nx: y\n\nFrom b\n",
	  true },
	{ "nor in a field that does not count", "From a\nx: y\nStatus: O",
	  "From a\nx: y\n\nFrom b\n", true },
	{ "nor in a From_ line", "From a", "From a\n\nFrom b\n", true },
	{ "a header and a body are two things", "From a\nx: y\nz: z\n",
	  "From a\nx: y\n\nz: z\n", false },
	{ "the From_ line does", "From a\nx: y\n\n", "From b\nx: y\n\n",
	  false },
	{ "so does a field", "From a\nx: y\n\n", "From a\nx: z\n\n", false },
	{ "so does its name", "From a\nx: y\n\n", "From a\nX: y\n\n", false },
	{ "Status does not, wherever it stands", "From a\nx: y\nz: z\n\n",
	  "From a\nx: y\nStatus: RO\nz: z\n\n", true },
	{ "nor does it in other cases or with blanks", "From a\nx: y\n\n",
	  "From a\nsTaTuS \t: O\nx: y\n\n", true },
	{ "nor does what continues it", "From a\nx: y\n\n",
	  "From a\nX-Keywords: a\n\tb\n c\nx: y\n\n", true },
	{ "what continues another field does", "From a\nx: y\n\n",
	  "From a\nx: y\n Status: O\n\n", false },
	{ "a name that only begins so counts", "From a\nx: y\n\n",
	  "From a\nx: y\nStatusX: O\n\n", false },
	{ "in the body Status counts", "From a\n\n",
	  "From a\n\nStatus: O\n", false },
};

static void
check_same(void **state)
{
	const struct same_row *row = *state;
	struct uid_hash a, b;

	hash_of(row->a, &a);
	hash_of(row->b, &b);
	assert_int_equal(a.high == b.high && a.low == b.low, row->same);
}

/* --- what a delivery puts behind it ----------------------------------------- */

/* Every end that a file can have, of these pieces. */
static const char *const pieces[] = { "", "\n", "\r", "x", ">From ", "From " };
enum { PIECES = sizeof pieces / sizeof *pieces, LONGEST = 4 };

static void
build(const char *head, unsigned number, struct str *out)
{
	str_adds(out, head);
	for (size_t i = 0; i < LONGEST; i++, number /= PIECES)
		str_adds(out, pieces[number % PIECES]);
}

static void
scan_text(const struct str *text, struct mbox_scan *scan)
{
	unit_write("mbox", text->s, text->len);
	scan_file(scan);
}

static void
check_followed(struct str *text)
{
	SCOPED(drop_mbox_scan) struct mbox_scan was = { 0 }, is = { 0 };
	SCOPED(drop_str) struct str before = { 0 };

	str_addslice(&before, str_slice(text));
	scan_text(text, &was);
	str_adds(text, mbox_separator(text->s + text->len - MBOX_TAIL));
	size_t at = text->len;
	str_adds(text, "From s\n\n");
	scan_text(text, &is);
	const struct mbox_entry *last = &was.entries[was.count - 1];
	if (is.count != was.count + 1 ||
	    is.entries[was.count].from != (off_t)at ||
	    !mbox_entry_same(last, &is.entries[was.count - 1], true))
		fail_msg("%s", str_text(&before));
}

static void
test_followed(void **state)
{
	static const char *const heads[] = { "From a", "From a\ns: x",
	    "From a\r\ns: x\r\n\r\nx", "From b\n\nx\n\nFrom a\n\nx" };
	unsigned all = 1;

	(void)state;
	for (size_t i = 0; i < LONGEST; i++)
		all *= PIECES;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		for (unsigned number = 0; number < all; number++) {
			SCOPED(drop_str) struct str text = { 0 };
			build(heads[i], number, &text);
			check_followed(&text);
		}
}

static void
test_no_mbox(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct err err = { 0 };

	(void)state;
	unit_writes("mbox", "\nhello\n");
	SCOPED(drop_fd) int fd = open("mbox", O_RDONLY | O_CLOEXEC);
	assert_int_equal(mbox_scan(fd, 0, SIZE_MAX, &scan, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_non_null(strstr(err.text, "not an mbox file"));
}

static void
test_unreadable(void **state)
{
	SCOPED(drop_mbox_scan) struct mbox_scan scan = { 0 };
	struct err err = { 0 };

	(void)state;
	unit_writes("mbox", "From a\n\nx\n");
	SCOPED(drop_fd) int fd = open("mbox", O_RDONLY | O_CLOEXEC);
	fault_at("pread", 1, 5);
	assert_int_equal(mbox_scan(fd, 0, SIZE_MAX, &scan, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(same_rows, check_same);
	add_test("nothing depends on where a buffer ends", test_edges);
	add_test("nor does a hash", test_hash_edges);
	add_test("what a delivery puts behind a message is no part of it",
	    test_followed);
	add_test("what does not begin with From is no mbox", test_no_mbox);
	add_test("a file that cannot be read is a temporary error",
	    test_unreadable);
	return run_all();
}
