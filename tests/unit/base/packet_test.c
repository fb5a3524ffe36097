/* packet_test.c: records between two processes, and descriptors with them. */
#include "../unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "packet.h"
#include "scope.h"

struct record {
	int	a, b;
};

static void
open_pair(int *one, int *other)
{
	struct err err;
	int ends[2];

	assert_int_equal(packet_pair(ends, &err), 0);
	*one = ends[0];
	*other = ends[1];
}

static void
test_whole(void **state)
{
	SCOPED(drop_fd) int one = -1;
	SCOPED(drop_fd) int other = -1;
	const struct record sent = { 1, 2 };
	struct record got = { 0 };

	(void)state;
	open_pair(&one, &other);
	assert_int_equal(packet_send(one, &sent, sizeof sent), 0);
	assert_int_equal(packet_receive(other, &got, sizeof got,
	    deadline_in(0)), 0);
	assert_memory_equal(&got, &sent, sizeof got);
}

static const struct size_row {
	const char	*name;
	size_t		 size;
} sizes[] = {
	{ "a shorter record is none", sizeof(struct record) - 1 },
	{ "a longer record is none", sizeof(struct record) + 1 },
};

static void
check_size(void **state)
{
	const struct size_row *row = *state;
	SCOPED(drop_fd) int one = -1;
	SCOPED(drop_fd) int other = -1;
	char sent[sizeof(struct record) + 1] = "";
	struct record got;
	int fd;

	open_pair(&one, &other);
	assert_int_equal(packet_send(one, sent, row->size), 0);
	assert_int_equal(packet_receive(other, &got, sizeof got,
	    deadline_in(0)), -1);
	assert_int_equal(packet_send(one, sent, row->size), 0);
	assert_int_equal(packet_receive_fd(other, &got, sizeof got, &fd,
	    deadline_in(0)), -1);
}

static void
test_gone(void **state)
{
	SCOPED(drop_fd) int one = -1;
	SCOPED(drop_fd) int other = -1;
	struct record record = { 0 };

	(void)state;
	open_pair(&one, &other);
	assert_int_equal(packet_receive(one, &record, sizeof record,
	    deadline_in(1)), -1);
	drop_fd(&other);
	assert_int_equal(packet_receive(one, &record, sizeof record,
	    deadline_in(10000)), -1);
	assert_int_equal(packet_send(one, &record, sizeof record), -1);
}

static void
test_descriptor(void **state)
{
	SCOPED(drop_fd) int one = -1;
	SCOPED(drop_fd) int other = -1;
	SCOPED(drop_fd) int came = -1;
	struct record record = { 3, 4 };

	(void)state;
	open_pair(&one, &other);
	assert_int_equal(packet_send_fd(one, &record, sizeof record,
	    unit_dir()), 0);
	assert_int_equal(packet_receive_fd(other, &record, sizeof record,
	    &came, deadline_in(0)), 0);
	assert_int_not_equal(came, -1);
	assert_int_equal(fcntl(came, F_GETFD), FD_CLOEXEC);
	unit_writes("file", "x");
	assert_int_equal(faccessat(came, "file", F_OK, 0), 0);
	drop_fd(&came);
	came = 77;
	assert_int_equal(packet_send(one, &record, sizeof record), 0);
	assert_int_equal(packet_receive_fd(other, &record, sizeof record,
	    &came, deadline_in(0)), 0);
	assert_int_equal(came, -1);
}

/* The number that the next descriptor would get. */
static int
next_number(void)
{
	int fd = dup(STDIN_FILENO), number = fd;

	close(fd);
	return number;
}

static void
test_uninvited(void **state)
{
	SCOPED(drop_fd) int one = -1;
	SCOPED(drop_fd) int other = -1;
	struct record record = { 0 };
	int came;

	(void)state;
	open_pair(&one, &other);
	int before = next_number();
	assert_int_equal(packet_send_fd(one, &record, sizeof record,
	    STDIN_FILENO), 0);
	assert_int_equal(packet_receive(other, &record, sizeof record,
	    deadline_in(0)), 0);
	assert_int_equal(next_number(), before);
	assert_int_equal(packet_send_fd(one, &record, sizeof record - 1,
	    STDIN_FILENO), 0);
	assert_int_equal(packet_receive_fd(other, &record, sizeof record,
	    &came, deadline_in(0)), -1);
	assert_int_equal(next_number(), before);
}

static void
test_fork(void **state)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int end = -1;
	struct record record = { 5, 6 };
	struct err err;

	(void)state;
	int forked = packet_fork(&child, &end, &err);
	if (forked == 0) {
		packet_receive(end, &record, sizeof record, deadline_in(10000));
		record.a++;
		_exit(packet_send(end, &record, sizeof record));
	}
	assert_true(forked > 0);
	assert_int_equal(packet_send(end, &record, sizeof record), 0);
	assert_int_equal(packet_receive(end, &record, sizeof record,
	    deadline_in(10000)), 0);
	assert_int_equal(record.a, 6);
	/* Nobody else holds the child's end. */
	assert_int_equal(packet_receive(end, &record, sizeof record,
	    deadline_in(10000)), -1);
}

int
main(void)
{
	add_test("a child has an end of its own", test_fork);
	add_test("a record comes whole", test_whole);
	add_rows(sizes, check_size);
	add_test("silence and a closed end are told", test_gone);
	add_test("a descriptor comes with a record", test_descriptor);
	add_test("an uninvited descriptor is closed", test_uninvited);
	return run_all();
}
