/* lock_test.c: kernel locks on whole files, waited for up to a deadline. */
#include "../unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "lock.h"
#include "scope.h"

static int
open_again(void)
{
	return open("box", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void
test_try(void **state)
{
	SCOPED(drop_fd) int a = open_again();
	SCOPED(drop_fd) int b = open_again();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lock_try(a, &err), 1);
	assert_int_equal(lock_try(b, &err), 0);
	assert_int_equal(lock_try_shared(b, &err), 0);
	assert_int_equal(lock_release(a, &err), 0);
	assert_int_equal(lock_try(b, &err), 1);
	drop_fd(&b);
	assert_int_equal(lock_try(a, &err), 1);
}

static void
test_shared(void **state)
{
	SCOPED(drop_fd) int a = open_again();
	SCOPED(drop_fd) int b = open_again();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lock_try_shared(a, &err), 1);
	assert_int_equal(lock_try_shared(b, &err), 1);
	assert_int_equal(lock_try(b, &err), 0);
}

static void
test_other_close(void **state)
{
	SCOPED(drop_fd) int a = open_again();
	SCOPED(drop_fd) int b = open_again();
	SCOPED(drop_fd) int c = open_again();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lock_try(a, &err), 1);
	drop_fd(&c);
	assert_int_equal(lock_try(b, &err), 0);
}

static void
test_foreign(void **state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	SCOPED(drop_fd) int a = open_again();
	struct err err = { 0 };
	int status;

	(void)state;
	assert_int_equal(fcntl(a, F_SETLK, &whole), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int b = open_again();
		_exit(lock_try(b, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_bad(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lock_try(-1, &err), -1);
	assert_err(err, ERR_TEMPORARY, "lock: Bad file descriptor");
	assert_int_equal(lock_wait(-1, deadline_in(1000), &err), -1);
	assert_err(err, ERR_TEMPORARY, "lock: Bad file descriptor");
}

/* Until the process sleeps. */
static void
wait_for_sleep(pid_t pid)
{
	char name[64], text[256], letter = '?';

	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	for (struct deadline d = deadline_in(10000); letter != 'S' &&
	    !deadline_over(d); ) {
		FILE *f = fopen(name, "r");
		assert_non_null(f);
		if (fgets(text, sizeof text, f) != NULL)
			letter = strrchr(text, ')')[2];
		fclose(f);
		sched_yield();
	}
	assert_int_equal(letter, 'S');
}

static void
test_wait(void **state)
{
	SCOPED(drop_fd) int a = open_again();
	struct err err = { 0 };
	int status;

	(void)state;
	assert_int_equal(lock_wait(a, deadline_in(0), &err), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int b = open_again();
		_exit(lock_wait(b, deadline_in(20000), &err) == 0 ? 0 : 1);
	}
	wait_for_sleep(pid);
	assert_int_equal(lock_release(a, &err), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static volatile sig_atomic_t alarms;

static void
count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

static void
test_deadline(void **state)
{
	struct sigaction count = { .sa_handler = count_alarm }, after;
	struct itimerval timer;
	SCOPED(drop_fd) int a = open_again();
	SCOPED(drop_fd) int b = open_again();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &count, NULL), 0);
	assert_int_equal(lock_try(a, &err), 1);
	assert_int_equal(lock_wait(b, deadline_in(30), &err), -1);
	assert_err(err, ERR_TEMPORARY, "somebody else holds the lock");
	assert_int_equal(getitimer(ITIMER_REAL, &timer), 0);
	assert_int_equal(timer.it_value.tv_sec + timer.it_value.tv_usec, 0);
	assert_int_equal(sigaction(SIGALRM, NULL, &after), 0);
	assert_true(after.sa_handler == count_alarm);
	assert_int_equal(alarms, 0);
	assert_int_equal(lock_try(b, &err), 0);
}

static int	make_link(void) { return symlink("elsewhere", "lock"); }
static int	make_fifo(void) { return mkfifo("lock", 0600); }
static int	make_directory(void) { return mkdir("lock", 0700); }
static int
make_hard_link(void)
{
	unit_writes("elsewhere", "");
	return link("elsewhere", "lock");
}

static const struct way_row {
	const char	*name;
	int		(*make)(void);
	const char	*text;		/* the start of it */
} ways[] = {
	{ "a symbolic link in its place is not followed", make_link,
	  "lock: not a plain file of uid " },
	{ "a FIFO in its place is not waited for", make_fifo,
	  "lock: not a plain file of uid " },
	{ "a directory in its place is no lock", make_directory,
	  "lock: not a plain file of uid " },
	{ "a hard link to something is refused", make_hard_link,
	  "lock: not a plain file of uid " },
};

static void
check_way(void **state)
{
	const struct way_row *row = *state;
	struct err err = { 0 };
	int fd = -7;

	assert_int_equal(row->make(), 0);
	assert_int_equal(lock_open(unit_dir(), "lock", 1, deadline_in(0), &fd,
	    &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_memory_equal(err.text, row->text, strlen(row->text));
	assert_int_equal(fd, -7);
}

static void
test_stranger(void **state)
{
	struct err err = { 0 };
	int fd = -7;

	(void)state;
	if (geteuid() != 0)
		skip();
	unit_writes("lock", "");
	assert_int_equal(chown("lock", 61234, 61234), 0);
	assert_int_equal(lock_open(unit_dir(), "lock", 1, deadline_in(0), &fd,
	    &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "lock: not a plain file of uid 0 alone: remove it");
}

static void
test_open(void **state)
{
	SCOPED(drop_fd) int a = -1;
	SCOPED(drop_fd) int b = -1;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(lock_open(unit_dir(), "lock", 1, deadline_in(0), &a,
	    &err), 0);
	assert_int_equal(stat("lock", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fcntl(a, F_GETFD), FD_CLOEXEC);
	assert_int_equal(lock_open(unit_dir(), "lock", 1, deadline_in(20), &b,
	    &err), -1);
	assert_err(err, ERR_TEMPORARY, "lock: somebody else holds the lock");
	assert_int_equal(b, -1);
	drop_fd(&a);
	assert_int_equal(lock_open(unit_dir(), "lock", 1, deadline_in(0), &b,
	    &err), 0);
}

int
main(void)
{
	add_test("one has the lock, others do not, until it is released or "
	    "closed", test_try);
	add_test("readers share a lock that keeps a writer out", test_shared);
	add_test("another descriptor of the file that is closed takes no lock "
	    "away", test_other_close);
	add_test("a lock of the older kind, of another program, counts",
	    test_foreign);
	add_test("a lock on nothing is an error, not a wait", test_bad);
	add_test("who waits gets the lock when it is released", test_wait);
	add_test("who waits in vain stops at the deadline and leaves no timer",
	    test_deadline);
	add_rows(ways, check_way);
	add_test("somebody else's file is no lock of ours (needs root)",
	    test_stranger);
	add_test("a lock file is made when missing, for us alone, and waited "
	    "for", test_open);
	return run_all();
}
