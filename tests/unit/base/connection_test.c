/* connection_test.c: whose the other end of a connection is. */
#include "../unit.h"

#include <arpa/inet.h>
#include <string.h>

#include "connection.h"

static const struct row {
	const char	*name, *peer;	/* NULL: a pipe */
	const char	*text;
	bool		 local;
} rows[] = {
	{ "loopback", "127.0.0.1", "127.0.0.1", true },
	{ "all of its network", "127.255.255.254", "127.255.255.254", true },
	{ "what begins like it", "126.255.255.255", "126.255.255.255", false },
	{ "what comes behind it", "128.0.0.1", "128.0.0.1", false },
	{ "its bytes in another order", "1.0.0.127", "1.0.0.127", false },
	{ "no address", "0.0.0.0", "0.0.0.0", false },
	{ "another machine", "192.0.2.1", "192.0.2.1", false },
	{ "loopback in IPv6", "::1", "::1", true },
	{ "its neighbour", "::2", "::2", false },
	{ "another machine in IPv6", "2001:db8::1", "2001:db8::1", false },
	{ "loopback in IPv6 clothes", "::ffff:127.0.0.1", "127.0.0.1", true },
	{ "a machine in IPv6 clothes", "::ffff:192.0.2.1", "192.0.2.1",
	  false },
	{ "a link-local address", "fe80::1", "fe80::1", false },
	{ "a pipe", NULL, "-", true },
};

static void
set_peer(struct connection *c, const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

	c->has_address = true;
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		memcpy(&c->peer, &four, sizeof four);
	else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
		memcpy(&c->peer, &six, sizeof six);
	else
		fail_msg("%s", text);
	address_unmap(&c->peer);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct connection c = { .standard_error = -1 };
	struct address_text text;

	if (row->peer != NULL)
		set_peer(&c, row->peer);
	address_to_text(&c.peer, &text);
	assert_string_equal(text.text, row->text);
	assert_int_equal(connection_is_local(&c), row->local);
}

static const struct network_row {
	const char	*name, *one, *other;
	bool		 same;
} networks[] = {
	{ "an IPv4 address is a network", "192.0.2.1", "192.0.2.1", true },
	{ "its neighbour is another", "192.0.2.1", "192.0.2.2", false },
	{ "in IPv6 clothes it is the same", "192.0.2.1", "::ffff:192.0.2.1",
	  true },
	{ "64 bits of IPv6 are one", "2001:db8:1:2::3",
	  "2001:db8:1:2:ffff:4:5:6", true },
	{ "the next 64 bits are another", "2001:db8:1:2::3", "2001:db8:1:3::3",
	  false },
	{ "the same bytes of both families are two", "32.1.13.184",
	  "2001:db8::", false },
};

static void
check_network(void **state)
{
	const struct network_row *row = *state;
	struct connection one = { 0 }, other = { 0 };

	set_peer(&one, row->one);
	set_peer(&other, row->other);
	struct network a = address_network(&one.peer),
	    b = address_network(&other.peer);
	assert_int_equal(memcmp(&a, &b, sizeof a) == 0, row->same);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(networks, check_network);
	return run_all();
}
