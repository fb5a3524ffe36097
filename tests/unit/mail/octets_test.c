/* octets_test.c: how long a stored message is when RETR sends it. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"
#include "scope.h"

/* --- in one piece, and in two or three ---------------------------------- */

static const struct row {
	const char	*name;
	struct slice	 text;
	uint64_t	 total;
} rows[] = {
	{ "an empty message is none", SLICE(""), 0 },
	{ "LF is sent as CRLF", SLICE("a\nb\n"), 6 },
	{ "CRLF stays CRLF", SLICE("a\r\nb\r\n"), 6 },
	{ "a last line gets its end", SLICE("a\nb"), 6 },
	{ "a CR alone is no line end", SLICE("a\rb\n"), 5 },
	{ "nor is one at the end", SLICE("a\r"), 4 },
	{ "two CRs before an LF stay", SLICE("a\r\r\n"), 4 },
	{ "an empty line is two octets", SLICE("\n"), 2 },
	{ "LFs side by side are as many lines", SLICE("\n\n\n"), 6 },
	{ "an empty CRLF line stays", SLICE("\r\n\r\n"), 4 },
	{ "a CR behind an LF is another line's", SLICE("\n\r"), 5 },
	{ "NUL is a byte like others", SLICE("a\0\n\0"), 7 },
	{ "so is one before an LF", SLICE("\0\n"), 3 },
	{ "a byte of eight bits is one octet", SLICE("\xff\x8a\x8d\n"), 5 },
};

static uint64_t
total_of(const struct slice *pieces, size_t count)
{
	struct octets octets = { 0 };

	for (size_t i = 0; i < count; i++)
		octets_add(&octets, pieces[i]);
	assert_int_equal(octets_total(&octets) - octets.count,
	    octets_end_is_added(&octets) ? 2 : 0);
	return octets_total(&octets);
}

static void
assert_total(struct slice all, uint64_t total)
{
	for (size_t i = 0; i <= all.len; i++)
		for (size_t j = i; j <= all.len; j++) {
			const struct slice pieces[] = { { all.p, i },
				{ all.p + i, j - i }, { all.p + j,
				all.len - j } };
			assert_int_equal(total_of(pieces, 3), total);
		}
}

static void
check_row(void **state)
{
	const struct row *row = *state;

	assert_total(row->text, row->total);
}

/* --- against the sending itself ------------------------------------------ */

/* Byte by byte, as one would say it. */
static uint64_t
sent(const char *p, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] == '\n' && (i == 0 || p[i - 1] != '\r') ? 2 : 1;
	return len > 0 && p[len - 1] != '\n' ? n + 2 : n;
}

/* Text number n of len letters. */
static void
write_text(char *text, size_t len, unsigned n)
{
	for (size_t i = 0; i < len; i++, n /= 4)
		text[i] = "a\r\n\0"[n % 4];
}

static void
test_all_short(void **state)
{
	enum { LEN = 5, MOST = 2 * LEN + 4 };

	(void)state;
	for (size_t len = 0; len <= LEN; len++) {
		bool seen[MOST] = { false };
		for (unsigned n = 0; n < 1U << 2 * len; n++) {
			char text[LEN + 1];
			write_text(text, len, n);
			uint64_t total = sent(text, len);
			assert_true(total < MOST);
			seen[total] = true;
			assert_total((struct slice){ text, len }, total);
		}
		for (uint64_t total = 0; total < MOST; total++)
			assert_int_equal(octets_possible(len, total),
			    seen[total]);
	}
}

/* Longer than the blocks in which it is counted. */
static void
test_long(void **state)
{
	enum { LEN = 1500 };
	char text[LEN];

	(void)state;
	srand(1);
	for (int i = 0; i < LEN; i++)
		text[i] = "a\r\n\n\0z"[rand() % 6];
	for (size_t at = 0; at <= LEN; at++) {
		const struct slice pieces[] = { { text, at },
			{ text + at, LEN - at } };
		assert_int_equal(total_of(pieces, 2), sent(text, LEN));
		assert_int_equal(total_of(pieces, 1), sent(text, at));
		assert_int_equal(total_of(pieces + 1, 1), sent(text + at,
		    LEN - at));
	}
}

/* All that a block can have. */
static void
test_full_blocks(void **state)
{
	char text[1024];

	(void)state;
	memset(text, '\n', sizeof text);
	for (size_t len = 0; len <= sizeof text; len++)
		assert_int_equal(total_of(&(struct slice){ text, len }, 1),
		    2 * len);
}

/* --- what can be true ----------------------------------------------------- */

static const struct bounds_row {
	const char	*name;
	uint64_t	 stored, octets;
	bool		 possible;
} bounds[] = {
	{ "no bytes are no octets", 0, 0, true },
	{ "no bytes have none", 0, 1, false },
	{ "a byte has its line end", 1, 1, false },
	{ "an LF alone is two", 1, 2, true },
	{ "any other byte alone is three", 1, 3, true },
	{ "nothing else is", 1, 4, false },
	{ "where all ends are CRLF none is added", 100, 100, true },
	{ "never does one go", 100, 99, false },
	{ "each byte may be an LF", 100, 200, true },
	{ "and the last none", 100, 201, true },
	{ "more there cannot be", 100, 202, false },
	{ "a number beyond all files is none", 100, UINT64_MAX, false },
	{ "the longest file has its own", INT64_MAX, INT64_MAX, true },
	{ "and twice its own", INT64_MAX, UINT64_MAX, true },
};

static void
check_bounds(void **state)
{
	const struct bounds_row *row = *state;

	assert_int_equal(octets_possible(row->stored, row->octets),
	    row->possible);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("all short texts have what is sent of them, and nothing else "
	    "is possible", test_all_short);
	add_test("a long one has what is sent of it, wherever it is split",
	    test_long);
	add_test("empty lines alone are all counted", test_full_blocks);
	add_rows(bounds, check_bounds);
	return run_all();
}
