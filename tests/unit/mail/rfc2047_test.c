/* rfc2047_test.c: text of header fields beyond ASCII, both ways. */
#include "../unit.h"

#include <string.h>

#include "rfc2047.h"
#include "rfc2047_encode.h"
#include "scope.h"
#include "utf8seq.h"

static const struct row {
	const char	*name, *given, *wanted;
} decoded[] = {
	{ "ASCII stays", "hello, world", "hello, world" },
	{ "nothing", "", "" },
	{ "UTF-8 in Q", "=?UTF-8?Q?h=C3=A9llo?=", "h\xC3\xA9llo" },
	{ "UTF-8 in B", "=?utf-8?b?aMOpbGxv?=", "h\xC3\xA9llo" },
	{ "B without its padding", "=?utf-8?B?aA?=", "h" },
	{ "Latin-1", "=?ISO-8859-1?Q?h=E9llo?=", "h\xC3\xA9llo" },
	{ "Latin-9's euro", "=?iso-8859-15?q?=A4?=", "\xE2\x82\xAC" },
	{ "windows-1252's quotes", "=?windows-1252?Q?=93x=94?=",
	  "\xE2\x80\x9Cx\xE2\x80\x9D" },
	{ "a language behind the charset", "=?utf-8*de?Q?h=C3=A9?=",
	  "h\xC3\xA9" },
	{ "an underscore is a blank", "=?utf-8?Q?a_b?=", "a b" },
	{ "blanks between two encoded words mean nothing",
	  "=?utf-8?Q?a?= \n =?utf-8?Q?b?=", "ab" },
	{ "a blank between a word and an encoded one stays",
	  "x =?utf-8?Q?a?= y", "x a y" },
	{ "an encoded blank stays", "=?utf-8?Q?a_?= =?utf-8?Q?b?=", "a b" },
	{ "two charsets side by side", "=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?=",
	  "a\xC3\xA9" },
	{ "a character in two encoded words",
	  "=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "\xC3\xA9" },
	{ "a charset that is not known stays as it is",
	  "=?KOI8-R?B?8NLJ18XU?= x", "=?KOI8-R?B?8NLJ18XU?= x" },
	{ "an encoding that is not known stays", "=?utf-8?X?a?=",
	  "=?utf-8?X?a?=" },
	{ "one that is not closed stays", "=?utf-8?Q?abc", "=?utf-8?Q?abc" },
	{ "one with a blank in it stays", "=?utf-8?Q?a b?=",
	  "=?utf-8?Q?a b?=" },
	{ "the empty one", "=?utf-8?Q?" "?=", "" },
	{ "a wrong escape stays", "=?utf-8?Q?=ZZ=4?=", "=ZZ=4" },
	{ "folding becomes a blank", "a\n b\r\n\tc", "a b c" },
	{ "raw UTF-8 stays", "h\xC3\xA9llo", "h\xC3\xA9llo" },
	{ "raw Latin-1 becomes UTF-8", "h\xE9llo", "h\xC3\xA9llo" },
	{ "an encoded line end becomes a blank",
	  "=?utf-8?Q?a=0D=0ABcc:_x@y?=", "a  Bcc: x@y" },
	{ "an encoded NUL becomes a blank", "=?utf-8?Q?a=00b?=", "a b" },
	{ "an escape sequence loses its escape", "\x1B[2Jx", " [2Jx" },
	{ "DEL and what is beyond it", "a\x7F" "b\xC2\x85" "c", "a b c" },
	{ "a line separator", "a\xE2\x80\xA8" "b", "a b" },
	{ "what turns the direction of text", "a\xE2\x80\xAE" "b\xE2\x81\xA6",
	  "a b " },
	{ "half a character becomes one that is whole", "a\xC3", "a\xC3\x83" },
	{ "an overlong NUL is no NUL", "\xC0\x80", "\xC3\x80\xE2\x82\xAC" },
};

static void
decodes(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	rfc2047_decode(slice_of(row->given), 200, &out);
	assert_string_equal(str_text(&out), row->wanted);
}

/* At each length: never more bytes, never half a character. */
static void
it_is_cut_between_two_characters(void **state)
{
	static const char given[] =
	    "=?utf-8?Q?=C3=A9=E2=82=AC=F0=9F=98=80a=C3=A9?=";

	(void)state;
	for (size_t max = 0; max < 20; max++) {
		SCOPED(drop_str) struct str out = { 0 };
		rfc2047_decode(slice_of(given), max, &out);
		assert_true(out.len <= max && out.len + 4 > (max < 12 ? max :
		    12));
		for (size_t i = 0; i < out.len; ) {
			struct slice rest = slice_from(str_slice(&out), i);
			size_t n = rest.p[0] == 'a' ? 1 :
			    utf8seq_length(rest);
			assert_int_not_equal(n, 0);
			i += n;
		}
	}
}

static const struct row encoded[] = {
	{ "encoding: ASCII stays", "hello, world", "hello, world" },
	{ "encoding: nothing", "", "" },
	{ "encoding: blanks at the ends go", "  x ", "x" },
	{ "encoding: UTF-8", "h\xC3\xA9llo", "=?UTF-8?B?aMOpbGxv?=" },
	{ "encoding: what is encoded already stays", "=?KOI8-R?B?8NLJ?=",
	  "=?KOI8-R?B?8NLJ?=" },
	{ "encoding: what only looks encoded is encoded", "a =?utf-8?q?b?=",
	  "=?UTF-8?B?YSA9P3V0Zi04P3E/Yj89?=" },
	{ "encoding: the mark alone is encoded", "a=?b",
	  "=?UTF-8?B?YT0/Yg==?=" },
	{ "encoding: what stands against an encoded word is encoded, too",
	  "a=?KOI8-R?B?8NLJ?=", "=?UTF-8?B?YT0/S09JOC1SP0I/OE5MSj89?=" },
	{ "encoding: a long line of words is folded",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n "
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
};

static void
encodes(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	rfc2047_encode(slice_of(row->given), 9, &out);
	assert_string_equal(str_text(&out), row->wanted);
}

static const struct row phrases[] = {
	{ "phrase: words", "Joe User", "Joe User" },
	{ "phrase: nothing", "", "" },
	{ "phrase: a dot is quoted", "Joe A. User", "\"Joe A. User\"" },
	{ "phrase: an address is quoted", "a@b.test,", "\"a@b.test,\"" },
	{ "phrase: quotes and backslashes are escaped", "\"a\" \\b",
	  "\"\\\"a\\\" \\\\b\"" },
	{ "phrase: UTF-8", "J\xC3\xB6", "=?UTF-8?B?SsO2?=" },
	{ "phrase: what is encoded already stays", "=?KOI8-R?B?8NLJ?=",
	  "=?KOI8-R?B?8NLJ?=" },
	{ "phrase: not where it holds what a phrase cannot",
	  "=?x?Q?a@b,?=", "=?UTF-8?B?PT94P1E/YUBiLD89?=" },
};

static void
encodes_a_phrase(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	rfc2047_encode_phrase(slice_of(row->given), 9, &out);
	assert_string_equal(str_text(&out), row->wanted);
}

/* Ten to a subject, of 39 bytes each. */
static void
an_encoded_word_that_is_not_known_is_never_cut(void **state)
{
	static const char word[] = "=?KOI8-R?B?8NLJ18XU8NLJ18XU8NLJ18XU?=";
	SCOPED(drop_str) struct str subject = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		str_addf(&subject, i > 0 ? "\n %s" : "%s", word);
	for (size_t max = 0; max < subject.len; max++) {
		SCOPED(drop_str) struct str out = { 0 };
		rfc2047_decode(str_slice(&subject), max, &out);
		struct slice rest = str_slice(&out), one;
		size_t count = 0;
		while (slice_word(&rest, &one)) {
			assert_true(slice_is(one, word));
			count++;
		}
		assert_int_equal(count, (max + 1) / sizeof word);
		assert_false(slice_ends(str_slice(&out), " "));
	}
}

/* Of each length, behind names of each length: short lines of ASCII, which say
 * what was given. */
static void
what_is_encoded_is_decoded_to_the_same(void **state)
{
	static const char *const characters[] = { "a", "\xC3\xA9",
	    "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "=", "?", "_", " " };

	(void)state;
	for (size_t n = 0; n < 120; n++) {
		SCOPED(drop_str) struct str text = { 0 }, out = { 0 };
		SCOPED(drop_str) struct str back = { 0 };
		str_adds(&text, "\xC3\xA9");
		for (size_t i = 0; i < n; i++)
			str_adds(&text, characters[(i * 7 + n) % 8]);
		str_adds(&text, "x");
		rfc2047_encode(str_slice(&text), n % 60, &out);
		struct slice rest = str_slice(&out), line;
		for (size_t column = n % 60; slice_cut(&rest, '\n', &line);
		    column = 0) {
			assert_true(column + line.len <= 78 || column > 50);
			for (size_t i = 0; i < line.len; i++)
				assert_in_range(line.p[i], ' ', '~');
		}
		rfc2047_decode(str_slice(&out), 10000, &back);
		assert_string_equal(str_text(&back), str_text(&text));
	}
}

int
main(void)
{
	add_rows(decoded, decodes);
	add_test("it is cut between two characters",
	    it_is_cut_between_two_characters);
	add_rows(encoded, encodes);
	add_rows(phrases, encodes_a_phrase);
	add_test("an encoded word that is not known is never cut",
	    an_encoded_word_that_is_not_known_is_never_cut);
	add_test("what is encoded is decoded to the same",
	    what_is_encoded_is_decoded_to_the_same);
	return run_all();
}
