/* loopback_test.c: a connection of this machine with itself. */
#include "../unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "loopback.h"
#include "scope.h"

static void
assert_connected(int client, int server)
{
	char byte = 0;

	assert_int_equal(write(client, "a", 1), 1);
	assert_int_equal(read(server, &byte, 1), 1);
	assert_int_equal(byte, 'a');
	assert_int_equal(write(server, "b", 1), 1);
	assert_int_equal(read(client, &byte, 1), 1);
	assert_int_equal(byte, 'b');
}

static void
test_pair(void **state)
{
	struct sockaddr_in own, peer;
	socklen_t len = sizeof own;
	struct err err;
	int ends[2];

	(void)state;
	assert_int_equal(loopback_pair(ends, &err), 0);
	SCOPED(drop_fd) int client = ends[0], server = ends[1];
	assert_connected(client, server);
	assert_int_equal(getsockname(client, (struct sockaddr *)&own, &len), 0);
	assert_int_equal(getpeername(server, (struct sockaddr *)&peer, &len),
	    0);
	assert_int_equal(own.sin_family, AF_INET);
	assert_int_equal(own.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(own.sin_port, peer.sin_port);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fcntl(ends[i], F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(fcntl(ends[i], F_GETFD), FD_CLOEXEC);
	}
}

/* Of three descriptors none is left open. */
static void
test_no_descriptor(void **state)
{
	struct rlimit all, few;
	struct err err;
	int ends[2];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	int next = dup(unit_dir());
	close(next);
	for (int more = 0; more < 3; more++) {
		few = (struct rlimit){ (rlim_t)(next + more), all.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		int got = loopback_pair(ends, &err);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
		assert_int_equal(got, -1);
		assert_int_equal(err.kind, ERR_TEMPORARY);
		int again = dup(unit_dir());
		close(again);
		assert_int_equal(again, next);
	}
}

int
main(void)
{
	add_test("its two ends talk to each other, over the internet's "
	    "sockets", test_pair);
	add_test("without descriptors it fails, and leaves none",
	    test_no_descriptor);
	return run_all();
}
