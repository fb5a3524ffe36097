/* apart_test.c: work that is done by a child that has become somebody else. */
#include "../unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apart.h"
#include "fd.h"
#include "scope.h"

enum { AT_ONCE = 0, WHILE = 50 };

static struct ident
myself(void)
{
	return (struct ident){ geteuid(), getegid() };
}

static uint64_t
nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int
succeed(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

static int
refuse(void *arg, struct err *err)
{
	(void)arg;
	return err_set(err, ERR_REFUSED, "not yours");
}

static int
fail_without_a_word(void *arg, struct err *err)
{
	(void)arg;
	*err = (struct err){ 0 };
	return -1;
}

static int
die(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return raise(SIGKILL);
}

static int
hang(void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	return sigsuspend(&(sigset_t){ 0 });
}

/* Until somebody closes the other end. */
static int
wait_for_end(void *arg, struct err *err)
{
	int *ends = arg;
	char c;

	(void)err;
	close(ends[1]);
	return fd_read(ends[0], &c, 1) == 0 ? 0 : -1;
}

/* Some of them as another user: who is no root can only be himself. */
static struct ident
whoever(void)
{
	return geteuid() == 0 ? (struct ident){ 61234, 61234 } : myself();
}

static const struct row {
	const char	*name;
	apart_work	*work;
	int64_t		 patience;	/* -1: as it is */
	enum err_kind	 kind;
	const char	*text;
} rows[] = {
	{ "a child that succeeds", succeed, -1, ERR_NONE, "" },
	{ "one that fails with words of its own", refuse, -1, ERR_REFUSED, "not yours" },
	{ "one that fails without a word", fail_without_a_word, -1, ERR_TEMPORARY,
	    "it failed" },
	{ "one that is killed", die, -1, ERR_TEMPORARY,
	    "the process that had become the account ended early" },
	{ "one that hangs is not waited for longer than its patience", hang,
	    WHILE, ERR_TEMPORARY, "it takes too long: look whether a "
	    "disk of the account hangs (NFS, FUSE)" },
	{ "one that hangs when there is no more patience", hang, AT_ONCE, ERR_TEMPORARY,
	    "it takes too long: look whether a disk of the account hangs "
	    "(NFS, FUSE)" },
};

static void
test_end(void **state)
{
	SCOPED(drop_apart) struct apart a = APART_NONE;
	const struct row *row = *state;
	struct err err = { 0 };

	assert_int_equal(apart_begin(&a, whoever(), row->work, NULL, &err), 0);
	if (row->patience != -1)
		a.patience = deadline_in(row->patience);
	if (row->kind == ERR_NONE) {
		assert_int_equal(apart_end(&a, nothing, NULL, &err), 0);
		return;
	}
	assert_int_equal(apart_end(&a, nothing, NULL, &err), -1);
	assert_err(err, row->kind, row->text);
}

/* Has done much when it is asked for the second time, and lets the child end. */
struct going {
	int		ends[2];
	unsigned	asked;
};

static uint64_t
more_and_more(void *arg)
{
	struct going *going = arg;

	if (going->asked++ == 0)
		return 0;
	drop_fd(&going->ends[1]);
	return UINT64_C(1) << 40;
}

static void
test_goes_on(void **state)
{
	SCOPED(drop_apart) struct apart a = APART_NONE;
	struct going going = { .asked = 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pipe(going.ends), 0);
	assert_int_equal(apart_begin(&a, whoever(), wait_for_end, going.ends,
	    &err), 0);
	a.patience = deadline_in(AT_ONCE);
	if (apart_end(&a, more_and_more, &going, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(going.asked, 2);
	drop_fd(&going.ends[0]);
}

static void
test_patience(void **state)
{
	enum { MINUTE_MS = 60 * 1000, HOUR = 3600 };
	struct apart a = APART_NONE;
	struct err err;

	(void)state;
	a.patience = deadline_in(-MINUTE_MS);
	assert_int_equal(apart_goes_on(&a, 0, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	/* a hundred thousand bytes are worth a second */
	assert_int_equal(apart_goes_on(&a, 59 * 100000, &err), -1);
	assert_int_equal(apart_goes_on(&a, UINT64_C(100000) * HOUR, &err), 0);
	assert_int_equal(apart_goes_on(&a, INT64_MAX, &err), 0);
}

static void
test_stream(void **state)
{
	struct timeval most = { 0 };
	socklen_t size = sizeof most;
	struct err err;
	int ends[2];
	char c;

	(void)state;
	assert_int_equal(apart_stream(ends, &err), 0);
	assert_int_equal(fd_write(ends[1], "x", 1), 0);
	assert_int_equal(fd_read(ends[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	assert_int_equal(getsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &most,
	    &size), 0);
	assert_int_equal(most.tv_sec, 600);
	assert_true(fcntl(ends[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
	drop_fd(&ends[0]);
	drop_fd(&ends[1]);
}

int
main(void)
{
	add_rows(rows, test_end);
	add_test("as long as it shows that it works it may go on",
	    test_goes_on);
	add_test("its patience grows with what is done", test_patience);
	add_test("a stream to it does not hold up for ever who writes",
	    test_stream);
	return run_all();
}
