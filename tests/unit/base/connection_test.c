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

int
main(void)
{
	add_rows(rows, check_row);
	return run_all();
}
