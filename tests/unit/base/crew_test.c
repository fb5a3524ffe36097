/* crew_test.c: children that work at the same time. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "crew.h"
#include "fd.h"

enum { SOON = 20000 };

static const char tasks[CREW_MAX];		/* their addresses */

/* One that sleeps until it is killed; its answer's other end is *to. */
static struct crew_member *
set_to_work(struct crew *crew, const void *task, int *to)
{
	struct crew_member *m = crew_place(crew);
	struct err err;
	int ends[2];

	assert_non_null(m);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	*m = (struct crew_member){ .task = task, .child = CHILD_NONE,
	    .end = ends[0] };
	int forked = child_fork(&m->child, &err);
	if (forked == 0)
		for (;;)
			pause();
	assert_true(forked > 0);
	*to = ends[1];
	return m;
}

static void
test_nobody(void **state)
{
	struct crew crew = { 0 };

	(void)state;
	assert_null(crew_find(&crew, tasks));
	assert_non_null(crew_place(&crew));
	drop_crew(&crew);
	/* 0 is no descriptor of a crew's that has nobody */
	assert_int_not_equal(fcntl(0, F_GETFD), -1);
}

static void
test_no_crew(void **state)
{
	(void)state;
	assert_null(crew_find(NULL, tasks));
	assert_null(crew_place(NULL));
	crew_leave(NULL);
}

static void
test_complete(void **state)
{
	struct crew crew = { 0 };

	(void)state;
	for (size_t i = 0; i < CREW_MAX; i++) {
		struct crew_member *m = crew_place(&crew);
		assert_non_null(m);
		*m = (struct crew_member){ .task = &tasks[i],
		    .child = CHILD_NONE, .end = -1 };
	}
	assert_null(crew_place(&crew));
	struct crew_member *third = crew_find(&crew, &tasks[2]);
	assert_ptr_equal(third->task, &tasks[2]);
	crew_dismiss(third);
	assert_null(crew_find(&crew, &tasks[2]));
	assert_ptr_equal(crew_place(&crew), third);
	assert_non_null(crew_find(&crew, &tasks[CREW_MAX - 1]));
	drop_crew(&crew);
	assert_null(crew_find(&crew, &tasks[CREW_MAX - 1]));
}

static void
test_dismissed(void **state)
{
	struct crew crew = { 0 };
	int to[2];

	(void)state;
	struct crew_member *one = set_to_work(&crew, &tasks[0], &to[0]);
	struct crew_member *two = set_to_work(&crew, &tasks[1], &to[1]);
	pid_t gone = one->child.pid, other = two->child.pid;
	int from = one->end;

	crew_dismiss(one);
	assert_int_equal(kill(gone, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(fcntl(from, F_GETFD), -1);
	assert_int_equal(kill(other, 0), 0);
	drop_crew(&crew);
	assert_int_equal(kill(other, 0), -1);
	close(to[0]);
	close(to[1]);
}

/* A child that ends at once; it is a zombie until somebody waits for it. */
static void
test_released(void **state)
{
	struct crew crew = { 0 };
	struct err err;

	(void)state;
	struct crew_member *m = crew_place(&crew);
	*m = (struct crew_member){ .task = &tasks[0], .child = CHILD_NONE,
	    .end = -1 };
	if (child_fork(&m->child, &err) == 0)
		_exit(0);
	pid_t pid = m->child.pid;
	crew_release(m);
	assert_null(crew_find(&crew, &tasks[0]));
	assert_int_equal(kill(pid, 0), 0);
	/* the others' places come first */
	assert_ptr_not_equal(crew_place(&crew), m);
	drop_crew(&crew);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void
test_waiting(void **state)
{
	struct crew crew = { 0 };
	int to[2];

	(void)state;
	struct crew_member *one = set_to_work(&crew, &tasks[0], &to[0]);
	struct crew_member *two = set_to_work(&crew, &tasks[1], &to[1]);
	pid_t gone = one->child.pid, other = two->child.pid;

	one->waits = true;
	crew_dismiss_waiting(&crew);
	assert_int_equal(kill(gone, 0), -1);
	assert_int_equal(kill(other, 0), 0);
	assert_null(crew_find(&crew, &tasks[0]));
	assert_ptr_equal(crew_find(&crew, &tasks[1]), two);
	drop_crew(&crew);
	close(to[0]);
	close(to[1]);
}

/* Whether somebody still has the end to read from: else POLLERR. */
static bool
is_heard(int to)
{
	struct pollfd p = { .fd = to };

	return poll(&p, 1, 0) == 0;
}

/* The child leaves, and says so by a byte. */
static void
test_left(void **state)
{
	struct crew crew = { 0 };
	struct child child = CHILD_NONE;
	struct err err;
	int to, said[2], status;
	char byte;

	(void)state;
	struct crew_member *m = set_to_work(&crew, &tasks[0], &to);
	int from = m->end, pidfd = m->child.pidfd;
	pid_t pid = m->child.pid;
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	int forked = child_fork(&child, &err);
	if (forked == 0) {
		crew_leave(&crew);
		bool left = fcntl(from, F_GETFD) == -1 &&
		    fcntl(pidfd, F_GETFD) == -1 &&
		    crew_find(&crew, &tasks[0]) == NULL;
		drop_crew(&crew);
		fd_write(said[1], left ? "y" : "n", 1);
		_exit(0);
	}
	assert_int_equal(fd_read(said[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(child_wait(&child, deadline_in(SOON), &status, &err),
	    0);
	/* it works on, and its answer is for us */
	assert_int_equal(kill(pid, 0), 0);
	assert_true(is_heard(to));
	drop_crew(&crew);
	assert_false(is_heard(to));
	close(to);
	close(said[0]);
	close(said[1]);
}

int
main(void)
{
	add_test("a crew of nobody finds none, has places, and ends",
	    test_nobody);
	add_test("without a crew there is nobody, and no place", test_no_crew);
	add_test("a crew that is complete has a place when one is dismissed",
	    test_complete);
	add_test("who is dismissed is killed, and the others are not",
	    test_dismissed);
	add_test("nobody waits for one that is released before its place is "
	    "needed, or all end", test_released);
	add_test("who waits can be dismissed, and the others work on",
	    test_waiting);
	add_test("a child that leaves hears nothing of the others, who work on",
	    test_left);
	return run_all();
}
