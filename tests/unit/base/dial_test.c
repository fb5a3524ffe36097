/* dial_test.c: connecting to somebody, by a deadline. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"
#include "dns.h"
#include "fd.h"
#include "loopback.h"
#include "scope.h"

static const struct row {
	const char	*name, *text, *wanted;
} rows[] = {
	{ "an address has the preset port", "192.0.2.1", "192.0.2.1:53" },
	{ "or its own", "192.0.2.1:5353", "192.0.2.1:5353" },
	{ "one of IPv6 has the preset port", "2001:db8::1",
	  "[2001:db8::1]:53" },
	{ "in brackets, too", "[2001:db8::1]", "[2001:db8::1]:53" },
	{ "in brackets it may have its own", "[::1]:65535", "[::1]:65535" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct sockaddr_storage address;
	char text[DIAL_TEXT];
	struct err err;

	assert_int_equal(dial_address(row->text, 53, &address, &err), 0);
	dial_text(&address, text);
	assert_string_equal(text, row->wanted);
}

static const struct bad_row {
	const char	*name, *text;
} bad[] = {
	{ "nothing is no address", "" }, { "a name is none", "ns.test" },
	{ "a name with a port is none", "ns.test:53" },
	{ "port 0 is none", "192.0.2.1:0" },
	{ "a port beyond 65535 is none", "192.0.2.1:65536" },
	{ "an empty port is none", "192.0.2.1:" },
	{ "brackets alone are none", "[]:53" },
	{ "three numbers are none", "192.0.2:53" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct sockaddr_storage address;
	struct err err;

	assert_int_equal(dial_address(row->text, 53, &address, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

static const struct reverse_row {
	const char	*name, *address, *wanted;
} reverses[] = {
	{ "the name of an address", "192.0.2.1", "1.2.0.192.in-addr.arpa" },
	{ "the longest of IPv4", "255.254.253.252",
	  "252.253.254.255.in-addr.arpa" },
	{ "the name of one of IPv6", "2001:db8::1",
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	  "ip6.arpa" },
};

static void
check_reverse(void **state)
{
	const struct reverse_row *row = *state;
	struct sockaddr_storage address;
	char text[DNS_REVERSE];
	struct err err;

	assert_int_equal(dial_address(row->address, 53, &address, &err), 0);
	dns_reverse(&address, text);
	assert_string_equal(text, row->wanted);
}

static void
test_refused(void **state)
{
	struct sockaddr_storage address;
	struct err err;
	int fd = -1;

	(void)state;
	assert_int_equal(dial_address("127.0.0.1:1", 0, &address, &err), 0);
	assert_int_equal(dial(&address, SOCK_STREAM, deadline_in(20000), &fd,
	    &err), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_err(err, ERR_TEMPORARY, "127.0.0.1:1: Connection refused");
	assert_int_equal(fd, -1);
}

/* A socket that nobody reads is full after a while. */
static void
test_send_waits_no_longer(void **state)
{
	static char much[1 << 20];
	int ends[2];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(loopback_pair(ends, &err), 0);
	SCOPED(drop_fd) int from = ends[0];
	SCOPED(drop_fd) int to = ends[1];
	assert_int_equal(dial_send(from, "x", 1, deadline_in(20000), &err), 0);
	char c;
	assert_int_equal(read(to, &c, 1), 1);
	assert_int_equal(fcntl(from, F_SETFL, O_NONBLOCK), 0);
	int result = 0;
	for (int i = 0; i < 64 && result == 0; i++)
		result = dial_send(from, much, sizeof much, deadline_in(10),
		    &err);
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(bad, check_bad);
	add_rows(reverses, check_reverse);
	add_test("a refused connection is told", test_refused);
	add_test("sending waits for its deadline at most",
	    test_send_waits_no_longer);
	return run_all();
}
