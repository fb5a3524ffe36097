/* stop_test.c: being told to end, and waiting meanwhile. */
#include "../unit.h"

#include <signal.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "stop.h"

struct ends {
	int	pipe[2], stop;
};

static void
drop_ends(struct ends *e)
{
	drop_fd(&e->pipe[0]);
	drop_fd(&e->pipe[1]);
	drop_fd(&e->stop);
}

static void
open_ends(struct ends *e)
{
	struct err err;

	assert_int_equal(pipe(e->pipe), 0);
	if (stop_open(false, &e->stop, &err) == -1)
		fail_msg("%s", err.text);
}

static void
test_what_comes_first(void **state)
{
	SCOPED(drop_ends) struct ends e = { { -1, -1 }, -1 };

	(void)state;
	open_ends(&e);
	assert_int_equal(stop_wait(e.stop, e.pipe[0], deadline_in(10)),
	    TIMED_OUT);
	assert_int_equal(write(e.pipe[1], "x", 1), 1);
	assert_int_equal(stop_wait(e.stop, e.pipe[0], deadline_in(10000)),
	    WOKEN);
	/* the end counts more, whatever else there is to read */
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(stop_wait(e.stop, e.pipe[0], deadline_in(10000)),
	    STOPPED);
	assert_true(stop_is_asked(e.stop));
	assert_int_equal(stop_wait(e.stop, e.pipe[0], deadline_in(10000)),
	    WOKEN);
}

static void
test_the_end_of_a_pipe(void **state)
{
	SCOPED(drop_ends) struct ends e = { { -1, -1 }, -1 };

	(void)state;
	open_ends(&e);
	drop_fd(&e.pipe[1]);
	assert_int_equal(stop_wait(e.stop, e.pipe[0], deadline_in(10000)),
	    WOKEN);
}

static void
test_nothing_to_read(void **state)
{
	SCOPED(drop_ends) struct ends e = { { -1, -1 }, -1 };

	(void)state;
	open_ends(&e);
	assert_int_equal(stop_wait(e.stop, -1, deadline_in(10)), TIMED_OUT);
	assert_int_equal(raise(SIGINT), 0);
	assert_int_equal(stop_wait(e.stop, -1, deadline_in(10000)), STOPPED);
	assert_true(stop_is_asked(e.stop));
	assert_false(stop_is_asked(e.stop));
}

int
main(void)
{
	add_test("what can be read, a signal and the deadline are told apart",
	    test_what_comes_first);
	add_test("the end of a pipe can be read", test_the_end_of_a_pipe);
	add_test("a wait for nothing but the signal", test_nothing_to_read);
	return run_all();
}
