/* base64_test.c: bytes as letters. */
#include "../unit.h"

#include "base64.h"

static const struct row {
	const char	*name, *text;
	int		 result;
	const char	*bytes;
} rows[] = {
	{ "nothing is nothing", "", 0, "" },
	{ "three bytes are four letters", "Zm9v", 0, "foo" },
	{ "two bytes have one letter of padding", "Zm8=", 0, "fo" },
	{ "one byte has two", "Zg==", 0, "f" },
	{ "several groups are one text", "Zm9vYmE=", 0, "fooba" },
	{ "plus and slash are letters", "+/+/", 0, "\xfb\xff\xbf" },
	{ "padding may not be missing", "Zg", -1, "" },
	{ "nor be short", "Zg=", -1, "" },
	{ "nor be long", "Zm8==", -1, "" },
	{ "nor be all there is", "====", -1, "" },
	{ "nor stand for three letters", "Z===", -1, "" },
	{ "nor be in the middle", "Zg==Zm9v", -1, "" },
	{ "nor in the middle of a group", "Z=9v", -1, "" },
	{ "nor before a letter", "Zm=v", -1, "" },
	{ "bits that say nothing are zero, of one byte", "Zh==", -1, "" },
	{ "and of two", "Zm9=", -1, "" },
	{ "a blank is no letter", "Zm9 ", -1, "" },
	{ "a line end is none", "Zm9v\r\n\r\n", -1, "" },
	{ "a hyphen is none", "Zm9-", -1, "" },
	{ "an underscore is none", "Zm9_", -1, "" },
	{ "an 8-bit byte is none", "Zm9\xe4", -1, "" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	char out[100];
	size_t len = 0;

	assert_int_equal(base64_decode(slice_of(row->text), out, &len),
	    row->result);
	assert_int_equal(len, slice_of(row->bytes).len);
	assert_memory_equal(out, row->bytes, len);
}

static void
test_nul(void **state)
{
	char out[6];
	size_t len;

	(void)state;
	assert_int_equal(base64_decode(SLICE("AAAA"), out, &len), 0);
	assert_memory_equal(out, "\0\0\0", 3);
	assert_int_equal(base64_decode((struct slice){ "AA\0A", 4 }, out,
	    &len), -1);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("NUL bytes come out, and are no letters", test_nul);
	return run_all();
}
