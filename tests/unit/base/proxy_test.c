/* proxy_test.c: what a PROXY header of version 2 says. */
#include "../unit.h"

#include <string.h>

#include "proxy.h"

#define SIGNATURE	"\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text)	{ (text), sizeof (text) - 1 }

/* peer and local NULL: it tells no addresses. */
static const struct row {
	const char	*name;
	struct slice	 header;
	int		 result;
	const char	*peer, *local;
} rows[] = {
	{ "IPv4", BYTES(SIGNATURE "\x21\x11\0\x0c"
	    "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0\x6e"), 0,
	  "192.0.2.7", "192.0.2.1" },
	{ "IPv6", BYTES(SIGNATURE "\x21\x21\0\x24"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\x12\x34\0\x6e"), 0,
	  "2001:db8::7", "2001:db8::1" },
	{ "IPv4 in IPv6 clothes is IPv4", BYTES(SIGNATURE "\x21\x21\0\x24"
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\7"
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1" "\x12\x34\0\x6e"), 0,
	  "192.0.2.7", "192.0.2.1" },
	{ "what follows the addresses is not needed",
	  BYTES(SIGNATURE "\x21\x11\0\x10"
	    "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0\x6e" "\4\0\1x"), 0,
	  "192.0.2.7", "192.0.2.1" },
	{ "a proxy that speaks for itself", BYTES(SIGNATURE "\x20\0\0\0"), 0,
	  NULL, NULL },
	{ "addresses are nothing then", BYTES(SIGNATURE "\x20\x11\0\x0c"
	    "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0\x6e"), 0, NULL, NULL },
	{ "somebody without an address", BYTES(SIGNATURE "\x21\0\0\0"), 0,
	  NULL, NULL },
	{ "datagrams are nobody's", BYTES(SIGNATURE "\x21\x12\0\x0c"
	    "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0\x6e"), 0, NULL, NULL },
	{ "addresses that are cut are refused", BYTES(SIGNATURE
	    "\x21\x11\0\x0b" "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0"), -1,
	  NULL, NULL },
	{ "of IPv6, too", BYTES(SIGNATURE "\x21\x21\0\x0c"
	    "\xc0\0\2\7" "\xc0\0\2\1" "\x12\x34\0\x6e"), -1, NULL, NULL },
	{ "another version is refused", BYTES(SIGNATURE "\x11\0\0\0"), -1,
	  NULL, NULL },
	{ "another command is refused", BYTES(SIGNATURE "\x22\0\0\0"), -1,
	  NULL, NULL },
	{ "another signature is refused",
	  BYTES("\r\n\r\n\0\r\nQUIT\r\x20\0\0\0"), -1, NULL, NULL },
	{ "version 1 is refused", BYTES("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n"),
	  -1, NULL, NULL },
	{ "a length that is not its own is refused",
	  BYTES(SIGNATURE "\x20\0\0\1"), -1, NULL, NULL },
	{ "a header that is cut is refused", BYTES(SIGNATURE "\x20\0"), -1,
	  NULL, NULL },
	{ "nothing is refused", BYTES(""), -1, NULL, NULL },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct proxy proxy;
	struct address_text text;
	struct err err = { 0 };

	assert_int_equal(proxy_parse(row->header, &proxy, &err), row->result);
	if (row->result == -1)
		assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(proxy.has_addresses, row->peer != NULL);
	if (row->peer == NULL)
		return;
	address_to_text(&proxy.peer, &text);
	assert_string_equal(text.text, row->peer);
	address_to_text(&proxy.local, &text);
	assert_string_equal(text.text, row->local);
}

static void
test_length(void **state)
{
	char first[PROXY_FIRST + 1] = SIGNATURE "\x20\0\x0f\xf0";
	struct err err;
	size_t length;

	(void)state;
	assert_int_equal(proxy_length(first, &length, &err), 0);
	assert_int_equal(length, PROXY_MAX);
	first[15]++;
	assert_int_equal(proxy_length(first, &length, &err), -1);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a header is no longer than it may be", test_length);
	return run_all();
}
