/* limit_test.c: what the text of U.quota says. */
#include "../unit.h"

#include "limit.h"

static const struct row {
	const char	*name, *text;
	bool		 says, disabled;
	uint64_t	 bytes;
} rows[] = {
	{ "a number is kB", "10\n", true, false, 10240 },
	{ "without line end", "10", true, false, 10240 },
	{ "with blanks", "  \t10  \n", true, false, 10240 },
	{ "the first integer counts", "10 20\n", true, false, 10240 },
	{ "words before it do not", "limit: 7 kB\n", true, false, 7168 },
	{ "a unit behind it does not", "3M\n", true, false, 3072 },
	{ "an empty line before it does not", "\n\n5\n", true, false, 5120 },
	{ "0 is no limit", "0\n", true, false, LIMIT_NONE },
	{ "none is no limit", "none\n", true, false, LIMIT_NONE },
	{ "in any case of letters", "NONE", true, false, LIMIT_NONE },
	{ "a CR before the line end does not matter", "none\r\n", true, false,
	  LIMIT_NONE },
	{ "nor where the text ends with it", "disabled \r", true, true,
	  LIMIT_NONE },
	{ "disabled accepts nothing", "disabled\n", true, true, LIMIT_NONE },
	{ "more than there can be is no limit", "99999999999999999999999\n",
	  true, false, LIMIT_NONE },
	{ "a large number is not cut", "4294967296\n", true, false,
	  4398046511104 },
	{ "a negative number says nothing", "-5\n", false, false, 0 },
	{ "no text says nothing", "", false, false, 0 },
	{ "a word says nothing", "plenty\n", false, false, 0 },
	{ "a word like none says nothing", "nonesuch\n", false, false, 0 },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct limit limit = { 0 };

	assert_int_equal(limit_parse(slice_of(row->text), &limit), row->says);
	if (!row->says)
		return;
	assert_int_equal(limit.disabled, row->disabled);
	assert_true(limit.bytes == row->bytes);
}

static void
test_nul(void **state)
{
	struct limit limit;

	(void)state;
	assert_false(limit_parse((struct slice){ "\0\0", 2 }, &limit));
	assert_true(limit_parse((struct slice){ "\0" "9", 2 }, &limit));
	assert_true(limit.bytes == 9216);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("NUL bytes are bytes like others", test_nul);
	return run_all();
}
