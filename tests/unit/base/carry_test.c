/* carry_test.c: bytes carried both ways, unlooked at. */
#include "../unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "carry.h"
#include "child.h"
#include "fd.h"
#include "loopback.h"
#include "mem.h"
#include "scope.h"

enum { SOON = 20000, MUCH = 3000000 };

/* What the two have in their hands. */
struct ends {
	struct carry	*carry;
	int		 client, server;
};

static void
drop_ends(struct ends *e)
{
	drop_fd(&e->client);
	drop_fd(&e->server);
	drop_fd(&e->carry->to_client.to);
	drop_fd(&e->carry->to_server.to);
	drop_mem(&e->carry);
}

static void
open_ends(struct ends *e)
{
	struct err err;
	int client[2], server[2];

	assert_int_equal(loopback_pair(client, &err), 0);
	assert_int_equal(loopback_pair(server, &err), 0);
	*e = (struct ends){ mem_alloc(sizeof *e->carry), client[0], server[1] };
	e->carry->to_server.from = e->carry->to_client.to = client[1];
	e->carry->to_server.to = e->carry->to_client.from = server[0];
	e->carry->server = e->carry->stop = -1;
	e->carry->idle_ms = SOON;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(fd_write(fd, text, strlen(text)), 0);
}

static void
end(int fd)
{
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
}

/* All that comes, to the end. */
static void
assert_hears(int fd, const char *text)
{
	char got[100] = "";

	assert_int_equal(fd_read(fd, got, sizeof got - 1), strlen(text));
	assert_string_equal(got, text);
}

static void
test_both_ways(void **state)
{
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	carry_put(&e.carry->to_server, SLICE("before "));
	carry_put(&e.carry->to_client, SLICE("first "));
	say(e.client, "up");
	say(e.server, "down");
	end(e.client);
	end(e.server);
	assert_int_equal(carry_run(e.carry), CARRY_CLOSED);
	assert_hears(e.server, "before up");
	assert_hears(e.client, "first down");
	assert_int_equal(e.carry->to_server.octets, 9);
	assert_int_equal(e.carry->to_client.octets, 10);
}

/* A process at the server's end, or the client's. */
static void
start(struct child *child, struct ends *e, void (*be)(struct ends *))
{
	struct err err;
	int forked = child_fork(child, &err);

	assert_int_not_equal(forked, -1);
	if (forked == 0) {
		be(e);
		_exit(0);
	}
}

/* Says back what it hears, and then one thing more. */
static void
be_echo(struct ends *e)
{
	char chunk[10000];
	ssize_t n;

	drop_fd(&e->client);
	drop_fd(&e->carry->to_client.to);
	drop_fd(&e->carry->to_server.to);
	while ((n = read(e->server, chunk, sizeof chunk)) > 0)
		if (fd_write(e->server, chunk, (size_t)n) == -1)
			_exit(1);
	if (fd_write(e->server, "!", 1) == -1)
		_exit(1);
}

static char
byte_at(size_t i)
{
	return (char)(i * 7 + i / 251);
}

static void
be_talker(struct ends *e)
{
	char chunk[1000];

	drop_fd(&e->server);
	for (size_t i = 0; i < MUCH; i += sizeof chunk) {
		for (size_t j = 0; j < sizeof chunk; j++)
			chunk[j] = byte_at(i + j);
		if (fd_write(e->client, chunk, sizeof chunk) == -1)
			_exit(1);
	}
	shutdown(e->client, SHUT_WR);
}

/* Reads it all, one byte after the other compared. */
static void
be_reader(struct ends *e)
{
	char chunk[30000];
	size_t at = 0;
	ssize_t n;

	drop_fd(&e->server);
	drop_fd(&e->carry->to_client.to);
	while ((n = read(e->client, chunk, sizeof chunk)) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (chunk[i] != (at < MUCH ? byte_at(at) : '!'))
				_exit(1);
	_exit(at == MUCH + 1 ? 0 : 2);
}

static int
status_of(struct child *child)
{
	struct err err;
	int status = -1;

	assert_int_equal(child_wait(child, deadline_in(SOON), &status, &err),
	    0);
	return status;
}

static void
test_much(void **state)
{
	SCOPED(drop_child) struct child echo = CHILD_NONE, talker = CHILD_NONE,
	    reader = CHILD_NONE;
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	start(&echo, &e, be_echo);
	start(&talker, &e, be_talker);
	start(&reader, &e, be_reader);
	drop_fd(&e.server);
	drop_fd(&e.client);
	assert_int_equal(carry_run(e.carry), CARRY_CLOSED);
	assert_int_equal(e.carry->to_server.octets, MUCH);
	assert_int_equal(e.carry->to_client.octets, MUCH + 1);
	assert_int_equal(status_of(&echo), 0);
	assert_int_equal(status_of(&talker), 0);
	drop_fd(&e.carry->to_client.to);
	assert_int_equal(status_of(&reader), 0);
}

static void
test_pipes(void **state)
{
	SCOPED(drop_ends) struct ends e;
	int in[2], out[2];

	(void)state;
	open_ends(&e);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	e.carry->to_server.from = in[0];
	e.carry->to_client.to = out[1];
	say(in[1], "up");
	close(in[1]);
	say(e.server, "down");
	end(e.server);
	carry_run(e.carry);
	assert_hears(e.server, "up");
	assert_hears(out[0], "down");
	close(in[0]);
	close(out[0]);
	e.carry->to_client.to = -1;		/* it has been closed */
}

/* The server has it already that its connection broke. */
static void
assert_reset(struct ends *e)
{
	char byte;

	drop_fd(&e->carry->to_server.to);
	ssize_t n;
	while ((n = read(e->server, &byte, 1)) == 1)
		;
	assert_int_equal(n, -1);
	assert_int_equal(errno, ECONNRESET);
}

static void
test_silence(void **state)
{
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	e.carry->idle_ms = 20;
	say(e.client, "up");
	assert_int_equal(carry_run(e.carry), CARRY_TIMEOUT);
	assert_int_equal(e.carry->to_server.octets, 2);
	assert_reset(&e);
}

static void
test_stop(void **state)
{
	SCOPED(drop_ends) struct ends e;
	int stop[2];

	(void)state;
	open_ends(&e);
	assert_int_equal(pipe(stop), 0);
	e.carry->stop = stop[0];
	say(stop[1], "x");
	assert_int_equal(carry_run(e.carry), CARRY_TERMINATED);
	assert_reset(&e);
	close(stop[0]);
	close(stop[1]);
}

/* It closed with something unread: what is said to it comes back as an error. */
static void
test_client_gone(void **state)
{
	SCOPED(drop_child) struct child echo = CHILD_NONE;
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	carry_put(&e.carry->to_server, SLICE("QUIT"));
	say(e.carry->to_client.to, "unread");
	drop_fd(&e.client);
	start(&echo, &e, be_echo);
	assert_int_equal(carry_run(e.carry), CARRY_HANGUP);
	assert_true(e.carry->to_client.deaf);
}

/* With something unread it closes by a reset. */
static void
test_client_broke(void **state)
{
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	say(e.carry->to_client.to, "unread");
	end(e.server);
	drop_fd(&e.client);
	assert_int_equal(carry_run(e.carry), CARRY_HANGUP);
	assert_true(e.carry->to_server.broke);
}

/* Unix sockets can be deaf and speak still. */
static void
test_server_deaf(void **state)
{
	SCOPED(drop_ends) struct ends e;
	int pair[2];

	(void)state;
	open_ends(&e);
	drop_fd(&e.server);
	drop_fd(&e.carry->to_server.to);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	e.carry->to_server.to = e.carry->to_client.from = pair[0];
	e.server = pair[1];
	assert_int_equal(shutdown(e.server, SHUT_RD), 0);
	carry_put(&e.carry->to_server, SLICE("x"));
	say(e.client, "more");
	say(e.server, "last words");
	end(e.server);
	assert_int_equal(carry_run(e.carry), CARRY_CLOSED);
	assert_true(e.carry->to_server.deaf);
	assert_int_equal(e.carry->to_server.octets, 0);
	assert_hears(e.client, "last words");
}

static void
be_nothing(struct ends *e)
{
	drop_fd(&e->client);
	say(e->server, "bye");
}

static void
test_server_ended(void **state)
{
	SCOPED(drop_child) struct child server = CHILD_NONE;
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	start(&server, &e, be_nothing);
	drop_fd(&e.server);
	e.carry->server = server.pidfd;
	/* the client keeps its side open */
	assert_int_equal(carry_run(e.carry), CARRY_CLOSED);
	assert_hears(e.client, "bye");
}

static void
test_interrupted(void **state)
{
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	end(e.client);
	end(e.server);
	fault_at("poll", 1, EINTR);
	carry_run(e.carry);
	assert_true(fault_clear());
	assert_true(e.carry->to_client.over && e.carry->to_server.over);
}

static void
test_no_poll(void **state)
{
	SCOPED(drop_ends) struct ends e;

	(void)state;
	open_ends(&e);
	fault_at("poll", 1, ENOMEM);
	assert_int_equal(carry_run(e.carry), CARRY_ERROR);
	assert_true(fault_clear());
	assert_reset(&e);
}

static const struct name_row {
	const char	*name, *text;
	unsigned	 end;
} names[] = {
	{ "the end of both is closed", "closed", CARRY_CLOSED },
	{ "the client's is hangup", "hangup", CARRY_HANGUP },
	{ "silence is timeout", "timeout", CARRY_TIMEOUT },
	{ "being told is terminated", "terminated", CARRY_TERMINATED },
	{ "a fault is error", "error", CARRY_ERROR },
	{ "no end is error", "error", CARRY_NONE },
	{ "what nobody said is error", "error", 4000000000 },
};

static void
check_name(void **state)
{
	const struct name_row *row = *state;

	assert_string_equal(carry_end_name(row->end), row->text);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);		/* as every program of ours */
	add_test("both hear what the other said, what was put first before it",
	    test_both_ways);
	add_test("more than all buffers hold comes whole, and the end of one "
	    "side leaves the other", test_much);
	add_test("a client may be two pipes", test_pipes);
	add_test("silence ends it, and the server is cut off", test_silence);
	add_test("being told ends it, and the server is cut off", test_stop);
	add_test("a client that takes no more ends it", test_client_gone);
	add_test("a client that breaks is told from one that ends",
	    test_client_broke);
	add_test("a server that hears no more is heard still",
	    test_server_deaf);
	add_test("a client is not waited for when the server has ended",
	    test_server_ended);
	add_test("a signal interrupts nothing", test_interrupted);
	add_test("what cannot be waited for ends it", test_no_poll);
	add_rows(names, check_name);
	return run_all();
}
