/* fd_test.c: whole reads and writes, and the three standard descriptors. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"

static int
open_text(const char *text)
{
	unit_writes("file", text);
	return open("file", O_RDWR);
}

static void
test_short_write(void **state)
{
	SCOPED(drop_fd) int fd = open_text("");

	(void)state;
	fault_short("write", 1, 3);
	assert_int_equal(fd_write(fd, "abcdef", 6), 0);
	assert_true(fault_clear());
	assert_file("file", "abcdef");
}

static const struct fault_row {
	const char	*name;
	int		 error, result;
	const char	*left;
} writes[] = {
	{ "a signal does not stop a write", EINTR, 0, "abcdef" },
	{ "a full disk does", ENOSPC, -1, "" },
};

static void
check_write(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_fd) int fd = open_text("");

	fault_at("write", 1, row->error);
	assert_int_equal(fd_write(fd, "abcdef", 6), row->result);
	if (row->result == -1)
		assert_int_equal(errno, row->error);
	assert_true(fault_clear());
	assert_file("file", row->left);
}

static const struct vector_row {
	const char	*name;
	int		 error;		/* 0: a short write of so many bytes */
	size_t		 len;
	int		 result;
	const char	*left;
} vectors[] = {
	{ "pieces are written one behind the other", .error = -1,
	  .left = "abcdef" },
	{ "a short write of pieces goes on within one", 0, 1, 0, "abcdef" },
	{ "so it does behind one", 0, 2, 0, "abcdef" },
	{ "a signal does not stop a write of pieces", EINTR, 0, 0, "abcdef" },
	{ "a full disk stops it", ENOSPC, 0, -1, "" },
};

static void
check_vector(void **state)
{
	const struct vector_row *row = *state;
	SCOPED(drop_fd) int fd = open_text("");
	char text[] = "abcdef";
	struct iovec v[] = { { text, 2 }, { text, 0 }, { text + 2, 4 } };

	if (row->error == 0)
		fault_short("write", 1, row->len);
	else if (row->error > 0)
		fault_at("write", 1, row->error);
	assert_int_equal(fd_writev(fd, v, 3), row->result);
	if (row->result == -1)
		assert_int_equal(errno, row->error);
	assert_true(fault_clear());
	assert_file("file", row->left);
}

static const struct read_row {
	const char	*name, *call;
	int		 error;		/* 0: a short read of 2 bytes */
	ssize_t		 result;
} reads[] = {
	{ "a read goes on after a signal", "read", EINTR, 6 },
	{ "a read goes on after a short one", "read", 0, 6 },
	{ "a read that fails has failed", "read", EIO, -1 },
	{ "a read at a place goes on after a signal", "pread", EINTR, 6 },
	{ "a read at a place goes on after a short one", "pread", 0, 6 },
	{ "a read at a place that fails has failed", "pread", EIO, -1 },
};

static void
check_read(void **state)
{
	const struct read_row *row = *state;
	SCOPED(drop_fd) int fd = open_text("abcdef");
	char got[10] = "";

	if (row->error == 0)
		fault_short(row->call, 1, 2);
	else
		fault_at(row->call, 1, row->error);
	ssize_t n = strcmp(row->call, "read") == 0 ? fd_read(fd, got, 9) :
	    fd_pread(fd, got, 9, 0);
	assert_int_equal(n, row->result);
	if (n == -1)
		assert_int_equal(errno, row->error);
	else
		assert_string_equal(got, "abcdef");
	assert_true(fault_clear());
}

static void
test_pread(void **state)
{
	SCOPED(drop_fd) int fd = open_text("abcdef");
	char got[3] = "";

	(void)state;
	assert_int_equal(fd_pread(fd, got, 2, 3), 2);
	assert_string_equal(got, "de");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_int_equal(fd_pread(fd, got, 2, 6), 0);
}

static void
test_deadline(void **state)
{
	struct err err = { 0 };
	int pipes[2];
	char c;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fd_read_by(pipes[0], &c, 1, deadline_in(20), &err),
	    -1);
	assert_err(err, ERR_TEMPORARY, "read: Connection timed out");
	assert_int_equal(fd_wait(pipes[0], POLLIN, deadline_in(0)), -1);
	assert_int_equal(errno, ETIMEDOUT);
	close(pipes[0]);
	close(pipes[1]);
}

static void
test_wait_fails(void **state)
{
	struct err err = { 0 };
	char c;

	(void)state;
	fault_at("poll", 1, ENOMEM);
	assert_int_equal(fd_wait(STDIN_FILENO, POLLIN, deadline_in(10000)), -1);
	assert_int_equal(errno, ENOMEM);
	SCOPED(drop_fd) int dir = open("/", O_RDONLY);
	assert_int_equal(fd_read_by(dir, &c, 1, deadline_in(10000), &err), -1);
	assert_err(err, ERR_TEMPORARY, "read: Is a directory");
}

static void
test_read_by(void **state)
{
	struct err err = { 0 };
	char got[4] = "";
	int pipes[2];

	(void)state;
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	assert_int_equal(write(pipes[1], "ab", 2), 2);
	fault_at("poll", 1, EINTR);
	assert_int_equal(fd_read_by(pipes[0], got, 3, deadline_in(10000), &err),
	    2);
	assert_true(fault_clear());
	assert_string_equal(got, "ab");
	close(pipes[1]);
	assert_int_equal(fd_read_by(pipes[0], got, 3, deadline_in(10000), &err),
	    0);
	close(pipes[0]);
}

/* Bits of the standard descriptors that are closed at the start. */
static const struct guard_row {
	const char	*name;
	int		 closed;
} guards[] = {
	{ "nothing is closed", 0 }, { "0 is closed", 1 }, { "1 is closed", 2 },
	{ "2 is closed", 4 }, { "0 and 2 are closed", 5 },
	  { "all three are closed", 7 },
};

static void
check_guard(void **state)
{
	const struct guard_row *row = *state;
	struct err err = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		for (int fd = 0; fd < 3; fd++)
			if (row->closed & (1 << fd))
				close(fd);
		if (fd_guard_standard(&err) == -1)
			_exit(1);
		for (int fd = 0; fd < 3; fd++)
			if (fcntl(fd, F_GETFD) != 0)
				_exit(2);	/* closed, or gone after exec */
		int next = open("/", O_RDONLY);
		_exit(next >= 3 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_drop(void **state)
{
	int fd = open("/", O_RDONLY), nothing = -1;

	(void)state;
	int number = fd;
	drop_fd(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(number, F_GETFD), -1);
	drop_fd(&nothing);
	assert_int_equal(nothing, -1);
}

int
main(void)
{
	add_test("a write goes on after a short one", test_short_write);
	add_rows(writes, check_write);
	add_rows(vectors, check_vector);
	add_rows(reads, check_read);
	add_test("a read at a place leaves the place of the descriptor",
	    test_pread);
	add_test("a read waits no longer than its deadline", test_deadline);
	add_test("a wait or a read that fails is not a deadline",
	    test_wait_fails);
	add_test("a read by a deadline takes what is there, and 0 at the end",
	    test_read_by);
	add_rows(guards, check_guard);
	add_test("a dropped descriptor is -1, and nothing can be dropped",
	    test_drop);
	return run_all();
}
