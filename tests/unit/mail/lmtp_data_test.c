/* lmtp_data_test.c: what follows DATA or BDAT: its end, its dots, its line ends. */
#include "../unit.h"

#include <string.h>

#include "lmtp_data.h"
#include "scope.h"

#define END	".\r\n"
#define ROW(name, wire, message, left)					\
	{ name, SLICE(wire), SLICE(message), true, SLICE(left) }
#define ENDLESS(name, wire, message)					\
	{ name, SLICE(wire), SLICE(message), false, SLICE("") }

static const struct row {
	const char	*name;
	struct slice	 wire, message;
	bool		 ends;
	struct slice	 left;			/* unread, when it ends */
} rows[] = {
	/* line ends */
	ROW("an empty message", END, "", ""),
	ROW("one line", "a\r\n" END, "a\n", ""),
	ROW("empty lines", "\r\n\r\n" END, "\n\n", ""),
	ROW("a header and a body", "A: b\r\n\r\nc\r\n" END, "A: b\n\nc\n", ""),
	ROW("a bare LF is data", "a\nb\r\n" END, "a\nb\n", ""),
	ROW("a bare CR is data", "a\rb\r\n" END, "a\rb\n", ""),
	ROW("a bare CR at the start of a line", "\ra\r\n" END, "\ra\n", ""),
	ROW("a CR before CRLF stays", "a\r\r\n" END, "a\r\n", ""),
	ROW("many CRs before CRLF stay, but one", "\r\r\r\r\n" END, "\r\r\r\n",
	    ""),
	ROW("LF CR is no line end", "a\n\rb\r\n" END, "a\n\rb\n", ""),
	ROW("a LF behind CRLF is another line", "a\r\n\nb\r\n" END, "a\n\nb\n",
	    ""),
	ROW("NUL bytes and 8-bit bytes stay", "\0\xFF\0\r\n\0" "\r\n" END,
	    "\0\xFF\0\n\0\n", ""),
	/* dots */
	ROW("a stuffed dot", "..\r\n" END, ".\n", ""),
	ROW("two stuffed dots", "...\r\n" END, "..\n", ""),
	ROW("a dot that was not stuffed goes all the same", ".a\r\n" END,
	    "a\n", ""),
	ROW("dots within a line stay", "a.b.\r\nc..\r\n" END, "a.b.\nc..\n",
	    ""),
	ROW("a body of dots", "..\r\n..\r\n....\r\n" END, ".\n.\n...\n", ""),
	ROW("a dot and a NUL", ".\0\r\n" END, "\0\n", ""),
	/* what looks like an end */
	ROW("LF dot LF is data", "a\n.\nb\r\n" END, "a\n.\nb\n", ""),
	ROW("LF dot CRLF is data", "a\n.\r\nb\r\n" END, "a\n.\nb\n", ""),
	ROW("CRLF dot LF is data, but for the dot", "a\r\n.\nb\r\n" END,
	    "a\n\nb\n", ""),
	ROW("CR dot CRLF is data", "a\r.\r\nb\r\n" END, "a\r.\nb\n", ""),
	ROW("CR dot CR is data", "a\r.\rb\r\n" END, "a\r.\rb\n", ""),
	ROW("CRLF dot CR is data, but for the dot", "a\r\n.\rb\r\n" END,
	    "a\n\rb\n", ""),
	ROW("CRLF dot CR CRLF is data, but for the dot",
	    "a\r\n.\r\r\nb\r\n" END, "a\n\r\nb\n", ""),
	ROW("CR CRLF dot CRLF is an end: a CR, and CRLF dot CRLF",
	    "a\r\r\n" END "b", "a\r\n", "b"),
	ROW("LF LF dot LF LF is data", "a\n\n.\n\nb\r\n" END,
	    "a\n\n.\n\nb\n", ""),
	ROW("LF CR dot CR LF is data", "a\n\r.\r\nb\r\n" END,
	    "a\n\r.\nb\n", ""),
	ROW("CRLF dot blank CRLF is data, but for the dot",
	    "a\r\n. \r\nb\r\n" END, "a\n \nb\n", ""),
	ROW("CRLF NUL dot CRLF is data", "\r\n\0.\r\n" END, "\n\0.\n", ""),
	ROW("CRLF dot NUL CRLF is data, but for the dot",
	    "\r\n.\0\r\n" END, "\n\0\n", ""),
	ROW("LF dot CRLF at the very start is data", "\n.\r\n" END, "\n.\n",
	    ""),
	ROW("CR dot CRLF at the very start is data", "\r.\r\n" END, "\r.\n",
	    ""),
	ENDLESS("dot LF dot CRLF at the very start is data, but for one dot",
	    ".\n.\r\n", "\n.\n"),
	/* behind the end */
	ROW("what follows the end stays unread", "a\r\n" END "QUIT\r\n",
	    "a\n", "QUIT\r\n"),
	ROW("a second end stays unread", "a\r\n" END END, "a\n", END),
	ROW("an empty message, and what follows it", END "RSET\r\n", "",
	    "RSET\r\n"),
	ROW("a smuggled message is one message",
	    "a\r\n.\nMAIL FROM:<x@y>\r\nRCPT TO:<z@y>\nDATA\n\n.\r\nb\r\n" END
	    "QUIT\r\n",
	    "a\n\nMAIL FROM:<x@y>\nRCPT TO:<z@y>\nDATA\n\n.\nb\n",
	    "QUIT\r\n"),
	/* no end */
	ENDLESS("nothing is no end", "", ""),
	ENDLESS("a line is no end", "a\r\n", "a\n"),
	ENDLESS("a dot is no end", "a\r\n.", "a\n"),
	ENDLESS("a dot and a CR are no end", "a\r\n.\r", "a\n"),
	ENDLESS("a CR is not data before it is known what follows", "a\r",
	    "a"),
};

/* The first n bytes of *wire in one call; what it leaves goes before the
 * rest.  False: more is needed. */
static bool
feed(struct lmtp_data *d, struct slice *wire, size_t n, struct str *out)
{
	struct slice piece = { wire->p, n < wire->len ? n : wire->len };
	size_t given = piece.len;

	bool ended = lmtp_data_decode(d, &piece, out);
	assert_true(ended || piece.len == 0);
	*wire = slice_from(*wire, given - piece.len);
	return ended;
}

static void
check(const struct row *row, const size_t *sizes, size_t count)
{
	SCOPED(drop_str) struct str out = { 0 };
	struct lmtp_data d = { 0 };
	struct slice wire = row->wire;
	bool ended = false;

	for (size_t i = 0; wire.len > 0 && !ended; i++)
		ended = feed(&d, &wire, sizes[i < count ? i : count - 1],
		    &out);
	assert_int_equal(ended, row->ends);
	assert_int_equal(out.len, row->message.len);
	assert_memory_equal(str_text(&out), row->message.p, out.len);
	if (!row->ends)
		return;
	assert_int_equal(wire.len, row->left.len);
	assert_true(slice_equal(wire, row->left));
}

static void
check_whole(void **state)
{
	check(*state, (const size_t[]){ SIZE_MAX }, 1);
}

static void
check_bytes(void **state)
{
	check(*state, (const size_t[]){ 1 }, 1);
}

static void
check_three_pieces(void **state)
{
	const struct row *row = *state;

	for (size_t i = 1; i <= row->wire.len; i++)
		for (size_t j = 1; i + j <= row->wire.len + 1; j++)
			check(row, (const size_t[]){ i, j, SIZE_MAX }, 3);
}

static void
add(const struct row *row, const char *how, CMUnitTestFunction function)
{
	SCOPED(drop_str) struct str name = { 0 };

	str_addf(&name, "%s, %s", row->name, how);
	add_row(strdup(str_text(&name)), function, row);
}

/* An end is found once: what is given afterwards is not looked at. */
static void
test_after_the_end(void **state)
{
	SCOPED(drop_str) struct str out = { 0 };
	struct lmtp_data d = { 0 };
	struct slice wire = SLICE(END), more = SLICE("a\r\n" END);

	(void)state;
	assert_true(lmtp_data_decode(&d, &wire, &out));
	assert_true(lmtp_data_decode(&d, &more, &out));
	assert_int_equal(out.len, 0);
	assert_true(slice_equal(more, SLICE("a\r\n" END)));
}

/* A megabyte in one line, with every kind of false end in it. */
static void
test_long_line(void **state)
{
	static const char false_ends[] = "x\n.\ny\r.\rz\n\r.\n\r";
	SCOPED(drop_str) struct str wire = { 0 }, out = { 0 };
	struct lmtp_data d = { 0 };

	(void)state;
	while (wire.len < 1 << 20)
		str_add(&wire, false_ends, sizeof false_ends);
	size_t len = wire.len;
	str_adds(&wire, "\r\n" END);
	struct slice rest = str_slice(&wire);
	bool ended = false;
	while (!ended && rest.len > 0)
		ended = feed(&d, &rest, 4093, &out);
	assert_true(ended);
	assert_int_equal(rest.len, 0);
	assert_int_equal(out.len, len + 1);
	assert_memory_equal(out.s, wire.s, len);
}

/* --- chunks ------------------------------------------------------------- */

static const struct chunk_row {
	const char	*name;
	struct slice	 sent, message;
} chunks[] = {
	{ "chunks: nothing", SLICE(""), SLICE("") },
	{ "chunks: lines", SLICE("a\r\n\r\nb\r\n"), SLICE("a\n\nb\n") },
	{ "chunks: a last line without an end", SLICE("a\r\nb"),
	  SLICE("a\nb") },
	{ "chunks: bare CR and LF are data", SLICE("\n\ra\r\r\nb\n\r\r"),
	  SLICE("\n\ra\r\nb\n\r\r") },
	{ "chunks: a CR at the end", SLICE("a\r\n\r"), SLICE("a\n\r") },
	{ "chunks: a CR alone", SLICE("\r"), SLICE("\r") },
	{ "chunks: a dot is a dot", SLICE(".\r\n..\r\n.a\r\n.\r\n.\r\nb"),
	  SLICE(".\n..\n.a\n.\n.\nb") },
	{ "chunks: NUL bytes and 8-bit bytes", SLICE("\0\r\n\xFF\0"),
	  SLICE("\0\n\xFF\0") },
};

/* Every way to part it into three chunks, empty ones too. */
static void
check_chunks(void **state)
{
	const struct chunk_row *row = *state;
	const char *p = row->sent.p;
	size_t len = row->sent.len;

	for (size_t i = 0; i <= len; i++)
		for (size_t j = i; j <= len; j++) {
			SCOPED(drop_str) struct str out = { 0 };
			struct lmtp_data d = { 0 };
			lmtp_data_decode_chunk(&d, (struct slice){ p, i },
			    &out);
			lmtp_data_decode_chunk(&d, (struct slice){ p + i,
			    j - i }, &out);
			lmtp_data_decode_chunk(&d, (struct slice){ p + j,
			    len - j }, &out);
			lmtp_data_end(&d, &out);
			assert_true(slice_equal(str_slice(&out),
			    row->message));
		}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		add(&rows[i], "at once", check_whole);
		add(&rows[i], "byte by byte", check_bytes);
		add(&rows[i], "in every three pieces", check_three_pieces);
	}
	add_test("what comes after the end is not looked at",
	    test_after_the_end);
	add_test("a line of a megabyte stays as it is", test_long_line);
	add_rows(chunks, check_chunks);
	return run_all();
}
