/* str_test.c: bytes, borrowed and owned. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "scope.h"
#include "str.h"

static void
assert_slice(struct slice s, const char *wanted)
{
	assert_int_equal(s.len, strlen(wanted));
	assert_true(slice_is(s, wanted));
}

static const struct number_row {
	const char	*name, *text;
	uint64_t	 max;
	int		 result;
	uint64_t	 value;
} numbers[] = {
	{ "digits are a number", "120", UINT64_MAX, 0, 120 },
	{ "zeros in front do no harm", "007", 10, 0, 7 },
	{ "the largest number is a number", "18446744073709551615", UINT64_MAX,
	  0, UINT64_MAX },
	{ "one more than the largest is none", "18446744073709551616",
	  UINT64_MAX, -1, 0 },
	{ "many digits more are none", "99999999999999999999999", UINT64_MAX,
	  -1, 0 },
	{ "the limit itself is allowed", "65535", 65535, 0, 65535 },
	{ "one above the limit is not", "65536", 65535, -1, 0 },
	{ "a digit above a limit below ten is not", "9", 3, -1, 0 },
	{ "nothing is no number", "", 10, -1, 0 },
	{ "a plus sign is no digit", "+1", UINT64_MAX, -1, 0 },
	{ "a minus sign is no digit", "-1", UINT64_MAX, -1, 0 },
	{ "a blank is no digit", " 1", UINT64_MAX, -1, 0 },
	{ "a letter behind is no digit", "1k", UINT64_MAX, -1, 0 },
	{ "hexadecimal is no number", "0x1", 10, -1, 0 },
};

static void
check_number(void **state)
{
	const struct number_row *row = *state;
	uint64_t value = 4711;

	assert_int_equal(slice_number(slice_of(row->text), row->max, &value),
	    row->result);
	assert_int_equal(value, row->result == 0 ? row->value : 4711);
}

static const struct trim_row {
	const char	*name, *text, *wanted;
} trims[] = {
	{ "blanks and tabs at both ends go", " \t a b \t", "a b" },
	{ "blanks alone are nothing", " \t ", "" },
	{ "nothing stays nothing", "", "" },
	{ "a line end is no blank", "a\n", "a\n" },
};

static void
check_trim(void **state)
{
	const struct trim_row *row = *state;

	assert_slice(slice_trim(slice_of(row->text)), row->wanted);
}

/* Everything that is cut off, each between brackets. */
static const struct cut_row {
	const char	*name, *text, *wanted;
} cuts[] = {
	{ "what stands between separators", "a:b:c", "[a][b][c]" },
	{ "an empty field is a field", "a::c", "[a][][c]" },
	{ "an empty last field is one too", "a:", "[a][]" },
	{ "no separator is one field", "abc", "[abc]" },
	{ "an empty text is one empty field", "", "[]" },
};

static void
check_cut(void **state)
{
	const struct cut_row *row = *state;
	SCOPED(drop_str) struct str got = { 0 };
	struct slice rest = slice_of(row->text), head;

	while (slice_cut(&rest, ':', &head))
		str_addf(&got, "[%.*s]", (int)head.len, head.p);
	assert_string_equal(str_text(&got), row->wanted);
}

static const struct cut_row words[] = {
	{ "blanks, tabs and commas separate words", "a b\tc,d",
	  "[a][b][c][d]" },
	{ "separators may come together", ", a ,, b ,", "[a][b]" },
	{ "nothing has no word", "", "" },
	{ "separators alone have no word", " ,\t", "" },
};

static void
check_words(void **state)
{
	const struct cut_row *row = *state;
	SCOPED(drop_str) struct str got = { 0 };
	struct slice rest = slice_of(row->text), word;

	while (slice_word(&rest, &word))
		str_addf(&got, "[%.*s]", (int)word.len, word.p);
	assert_string_equal(str_text(&got), row->wanted);
}

static void
test_compare(void **state)
{
	(void)state;
	assert_true(slice_same(SLICE("JoE.x"), SLICE("jOe.X")));
	assert_false(slice_same(SLICE("joe"), SLICE("joex")));
	assert_false(slice_equal(SLICE("Joe"), SLICE("joe")));
	assert_true(slice_equal((struct slice){ 0 }, SLICE("")));
	assert_true(slice_is((struct slice){ 0 }, ""));
}

static void
test_eight_bit(void **state)
{
	(void)state;
	assert_false(slice_same(SLICE("\xC3\x84"), SLICE("\xC3\xA4")));
	assert_true(slice_same(SLICE("\xC3\x84"), SLICE("\xC3\x84")));
	assert_int_equal(ascii_lower('\xC4'), '\xC4');
	assert_int_equal(ascii_lower('A'), 'a');
	assert_int_equal(ascii_lower('Z'), 'z');
	assert_int_equal(ascii_lower('['), '[');
	assert_int_equal(ascii_lower('@'), '@');
}

static void
test_nul(void **state)
{
	struct slice s = { "a\0b", 3 };

	(void)state;
	assert_false(slice_is(s, "a"));
	assert_true(slice_has(s, '\0'));
	assert_true(slice_has(s, 'b'));
	assert_false(slice_equal(s, (struct slice){ "a\0c", 3 }));
	assert_false(slice_same(s, (struct slice){ "a\0c", 3 }));
}

static void
test_ends(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("joe"), "jo"));
	assert_true(slice_starts(SLICE("joe"), ""));
	assert_true(slice_starts(SLICE("joe"), "joe"));
	assert_false(slice_starts(SLICE("jim"), "jo"));
	assert_false(slice_starts(SLICE("jo"), "joe"));
	assert_true(slice_ends(SLICE("a.lock"), ".lock"));
	assert_true(slice_ends(SLICE(".lock"), ".lock"));
	assert_false(slice_ends(SLICE("a.lick"), ".lock"));
	assert_false(slice_ends(SLICE("lock"), ".lock"));
}

static void
test_find(void **state)
{
	(void)state;
	assert_int_equal(slice_find(SLICE("a@b@c"), '@'), 1);
	assert_int_equal(slice_find_last(SLICE("a@b@c"), '@'), 3);
	assert_int_equal(slice_find(SLICE("abc"), '@'), -1);
	assert_int_equal(slice_find_last((struct slice){ 0 }, '@'), -1);
}

static void
test_from(void **state)
{
	(void)state;
	assert_slice(slice_from(SLICE("abc"), 1), "bc");
	assert_slice(slice_from(SLICE("abc"), 3), "");
	assert_slice(slice_from(SLICE("abc"), 4), "");
}

static void
test_zero_string(void **state)
{
	struct str s = { 0 };

	(void)state;
	assert_string_equal(str_text(&s), "");
	assert_non_null(str_slice(&s).p);
	str_cut(&s, 0);
	str_add(&s, NULL, 0);
	assert_string_equal(str_text(&s), "");
	drop_str(&s);
	drop_str(&s);
	assert_null(s.s);
}

static void
test_grow(void **state)
{
	SCOPED(drop_str) struct str s = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		str_addf(&s, "%d,", i);
		assert_int_equal(s.s[s.len], '\0');
		assert_true(s.len < s.cap);
	}
	assert_int_equal(s.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_true(slice_ends(str_slice(&s), ",998,999,"));
}

static void
test_add(void **state)
{
	SCOPED(drop_str) struct str s = { 0 };

	(void)state;
	str_add(&s, "a\0b", 3);
	str_adds(&s, "cd");
	str_addc(&s, 'e');
	str_addslice(&s, SLICE("F"));
	str_addlower(&s, SLICE("G\xC4"));
	assert_int_equal(s.len, 9);
	assert_memory_equal(s.s, "a\0bcdeFg\xC4", 10);
}

static void
test_room(void **state)
{
	SCOPED(drop_str) struct str s = { 0 };

	(void)state;
	str_adds(&s, "abc");
	str_room(&s, 10000);
	assert_true(s.cap >= 10004);
	assert_string_equal(str_text(&s), "abc");
}

static void
test_shorten(void **state)
{
	SCOPED(drop_str) struct str s = { 0 };

	(void)state;
	str_adds(&s, "abcdef");
	str_cut(&s, 9);
	assert_string_equal(str_text(&s), "abcdef");
	str_cut(&s, 2);
	assert_string_equal(str_text(&s), "ab");
	assert_int_equal(s.len, 2);
}

static void
test_same_any(void **state)
{
	static const char *const bulk[] = { "bulk", "", "junk", NULL };

	(void)state;
	assert_true(slice_same_any(SLICE("JUNK"), bulk));
	assert_true(slice_same_any(SLICE(""), bulk));
	assert_false(slice_same_any(SLICE("jun"), bulk));
	assert_false(slice_same_any(SLICE("bulk"), bulk + 3));
}

static void
test_printable(void **state)
{
	(void)state;
	assert_true(slice_is_printable(SLICE(" a~")));
	assert_true(slice_is_printable(SLICE("")));
	assert_false(slice_is_printable(SLICE("a\tb")));
	assert_false(slice_is_printable(SLICE("a\177")));
	assert_false(slice_is_printable(SLICE("\0")));
	assert_false(slice_is_printable(SLICE("\303\244")));
}

int
main(void)
{
	add_rows(numbers, check_number);
	add_rows(trims, check_trim);
	add_rows(cuts, check_cut);
	add_rows(words, check_words);
	add_test("same is without case, equal is with it", test_compare);
	add_test("bytes beyond ASCII have no case", test_eight_bit);
	add_test("one of several words is the same without case",
	    test_same_any);
	add_test("a tab, a NUL and bytes beyond ASCII are not printable",
	    test_printable);
	add_test("a NUL is a byte like any other", test_nul);
	add_test("a beginning and an end are found, and not in less than "
	    "themselves", test_ends);
	add_test("the first and the last place of a byte", test_find);
	add_test("a tail, empty at the end and past it", test_from);
	add_test("a zero string is the empty string and can be dropped twice",
	    test_zero_string);
	add_test("a string grows and always ends with a NUL", test_grow);
	add_test("what is added comes behind, byte for byte", test_add);
	add_test("room can be made ahead, and what was there stays", test_room);
	add_test("a string can be shortened, never lengthened by that",
	    test_shorten);
	return run_all();
}
