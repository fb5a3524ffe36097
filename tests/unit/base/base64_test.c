/* base64_test.c: bytes as letters. */
#include "../unit.h"

#include <string.h>

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

/* What can be decoded is what comes out. */
static void
check_letters(void **state)
{
	const struct row *row = *state;
	char out[100];

	if (row->result == 0) {
		base64_encode(slice_of(row->bytes), out);
		assert_string_equal(out, row->text);
	}
}

static void
test_size(void **state)
{
	char bytes[50] = { 0 }, out[100];

	(void)state;
	for (size_t len = 0; len <= sizeof bytes; len++) {
		memset(bytes, 0xAA, len);
		memset(out, '.', sizeof out);
		base64_encode((struct slice){ bytes, len }, out);
		assert_int_equal(strlen(out), BASE64_SIZE(len) - 1);
		assert_int_equal(out[BASE64_SIZE(len)], '.');
	}
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
	add_rows(rows, check_letters);
	add_test("encoded bytes have the size that is promised", test_size);
	add_test("NUL bytes come out, and are no letters", test_nul);
	return run_all();
}
