/* compat_test.c: Linux calls that one of our C libraries lacks. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat.h"

static void
test_rename(void **state)
{
	(void)state;
	unit_writes("a", "a");
	unit_writes("b", "b");
	assert_int_equal(compat_renameat2_noreplace(unit_dir(), "a", unit_dir(),
	    "b"), -1);
	assert_int_equal(errno, EEXIST);
	assert_file("b", "b");
	assert_int_equal(compat_renameat2_noreplace(unit_dir(), "a", unit_dir(),
	    "c"), 0);
	assert_file("c", "a");
	assert_no_file("a");
}

static void
test_pidfd(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	int fd = compat_pidfd_open(pid);
	assert_true(fd >= 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	assert_int_equal(compat_pidfd_open(pid), -1);
}

static void
test_cloexec(void **state)
{
	int low = fcntl(unit_dir(), F_DUPFD, 50),
	    high = fcntl(unit_dir(), F_DUPFD, 60);

	(void)state;
	assert_int_equal(fcntl(low, F_GETFD), 0);
	assert_int_equal(compat_cloexec_from(55), 0);
	assert_int_equal(fcntl(low, F_GETFD), 0);
	assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
	close(low);
	close(high);
}

/* What the kernel knows of a name that is not there differs. */
static void
test_absent(void **state)
{
	(void)state;
	assert_int_equal(fchdir(unit_dir()), 0);
	compat_known_absent("made");
	unit_writes("made", "a");
	assert_false(compat_known_absent("made"));
	assert_false(compat_known_absent("."));
}

int
main(void)
{
	add_test("a file is renamed, but never over another", test_rename);
	add_test("the end of a process can be waited for", test_pidfd);
	add_test("descriptors from a number on are closed on exec",
	    test_cloexec);
	add_test("a name that was not there and now is is not absent",
	    test_absent);
	return run_all();
}
