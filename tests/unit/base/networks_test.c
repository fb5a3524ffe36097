/* networks_test.c: lists of addresses and networks. */
#include "../unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "networks.h"

static const struct row {
	const char	*name, *word, *address;
	bool		 has;
} rows[] = {
	{ "an address is itself", "192.0.2.1", "192.0.2.1", true },
	{ "and no other", "192.0.2.1", "192.0.2.2", false },
	{ "one of IPv6 in any spelling", "2001:DB8:0::1", "2001:db8::1",
	  true },
	{ "a network has its first", "192.0.2.0/24", "192.0.2.0", true },
	{ "and its last", "192.0.2.0/24", "192.0.2.255", true },
	{ "and not the next", "192.0.2.0/24", "192.0.3.0", false },
	{ "bits within a byte, the last", "192.0.2.64/27", "192.0.2.95", true },
	{ "bits within a byte, the next", "192.0.2.64/27", "192.0.2.96",
	  false },
	{ "what stands behind the bits does not count", "192.0.2.77/27",
	  "192.0.2.65", true },
	{ "no bits are all of a family", "0.0.0.0/0", "203.0.113.9", true },
	{ "and none of the other", "0.0.0.0/0", "2001:db8::1", false },
	{ "all bits are one address", "192.0.2.1/32", "192.0.2.1", true },
	{ "a network of IPv6", "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "its neighbour", "2001:db8::/32", "2001:db9::1", false },
	{ "odd bits of IPv6", "2001:db8::/33", "2001:db8:8000::1", false },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, row->address, &four.sin_addr) == 1)
		memcpy(&storage, &four, sizeof four);
	else if (inet_pton(AF_INET6, row->address, &six.sin6_addr) == 1)
		memcpy(&storage, &six, sizeof six);
	assert_true(networks_can_have(slice_of(row->word)));
	assert_int_equal(networks_have((const char *const[]){ "198.51.100.1",
	    row->word }, 2, &storage), row->has);
	assert_false(networks_have(NULL, 0, &storage));
}

static const struct bad_row {
	const char	*name, *word;
} bad[] = {
	{ "nothing is no network", "" },
	{ "a name is none", "proxy.test" },
	{ "three numbers are none", "192.0.2" },
	{ "a number too large is none", "192.0.2.256" },
	{ "bits are not missing", "192.0.2.0/" },
	{ "nor too many", "192.0.2.0/33" },
	{ "nor too many of IPv6", "2001:db8::/129" },
	{ "nor a mask", "192.0.2.0/255.255.255.0" },
	{ "nor negative", "192.0.2.0/-1" },
	{ "two slashes are none", "192.0.2.0/24/1" },
	{ "a port is none", "192.0.2.1:110" },
	{ "an address in brackets is none", "[2001:db8::1]" },
	{ "a long word is none",
	  "00000000000000000000000000000000000000000000000000000000000001" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;

	assert_false(networks_can_have(slice_of(row->word)));
}

static void
test_unix(void **state)
{
	struct sockaddr_storage nobody = { .ss_family = AF_UNIX };

	(void)state;
	assert_false(networks_have((const char *const[]){ "0.0.0.0/0",
	    "::/0" }, 2, &nobody));
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(bad, check_bad);
	add_test("who has no address is in no network", test_unix);
	return run_all();
}
