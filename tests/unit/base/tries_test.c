/* tries_test.c: who did something lately, in a file of one size. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "siphash.h"
#include "tries.h"

enum { NOW = 1000000, WINDOW = 600 };

static struct tries
open_tries(void)
{
	struct tries t = TRIES_NONE;
	struct err err = { 0 };

	if (tries_open(unit_dir(), "tries", &t, &err) == -1)
		fail_msg("%s", err.text);
	return t;
}

static unsigned
add(const struct tries *t, enum tries_kind kind, const char *who, time_t now)
{
	unsigned count = 99;
	struct err err;

	assert_int_equal(tries_add(t, kind, slice_of(who), now, WINDOW, &count,
	    &err), 0);
	return count;
}

static unsigned
count(const struct tries *t, enum tries_kind kind, const char *who, time_t now)
{
	unsigned got = 99;
	struct err err;

	assert_int_equal(tries_count(t, kind, slice_of(who), now, WINDOW, &got,
	    &err), 0);
	return got;
}

static void
test_siphash(void **state)
{
	static const uint64_t key[2] = { 0x0706050403020100,
	    0x0f0e0d0c0b0a0908 };
	char bytes[15];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	assert_true(siphash(key, (struct slice){ bytes, 15 }) ==
	    0xa129ca6149be45e5);
	assert_true(siphash(key, (struct slice){ bytes, 0 }) ==
	    0x726fdb47dd0e0e31);
	assert_true(siphash(key, (struct slice){ bytes, 8 }) ==
	    0x93f5f5799a932462);
}

static void
test_count(void **state)
{
	SCOPED(drop_tries) struct tries t = open_tries();

	(void)state;
	assert_int_equal(count(&t, TRIES_PEER, "a", NOW), 0);
	for (unsigned i = 1; i <= 9; i++)
		assert_int_equal(add(&t, TRIES_PEER, "a", NOW + i),
		    i < TRIES_TIMES ? i : TRIES_TIMES);
	assert_int_equal(count(&t, TRIES_PEER, "b", NOW), 0);
	assert_int_equal(count(&t, TRIES_ACCOUNT, "a", NOW), 0);
	assert_int_equal(count(&t, TRIES_PEER, "a", NOW + 9 + WINDOW - 1), 1);
	assert_int_equal(count(&t, TRIES_PEER, "a", NOW + 9 + WINDOW), 0);
}

static void
test_future(void **state)
{
	SCOPED(drop_tries) struct tries t = open_tries();

	(void)state;
	add(&t, TRIES_PEER, "a", NOW + 1);
	assert_int_equal(count(&t, TRIES_PEER, "a", NOW), 0);
	assert_int_equal(add(&t, TRIES_PEER, "a", NOW), 1);
}

static void
test_shared(void **state)
{
	SCOPED(drop_tries) struct tries one = open_tries();
	SCOPED(drop_tries) struct tries two = open_tries();

	(void)state;
	add(&one, TRIES_PEER, "a", NOW);
	assert_int_equal(add(&two, TRIES_PEER, "a", NOW), 2);
	assert_int_equal(count(&one, TRIES_PEER, "a", NOW), 2);
}

/* Ten thousand others: none is counted as another, and the last are there. */
static void
test_many(void **state)
{
	SCOPED(drop_tries) struct tries t = open_tries();
	char who[20];
	struct stat before, after;

	(void)state;
	assert_int_equal(fstat(t.fd, &before), 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(who, sizeof who, "peer %d", i);
		assert_int_equal(add(&t, TRIES_PEER, who, NOW + i / 100), 1);
	}
	assert_int_equal(count(&t, TRIES_PEER, "peer 9999", NOW + 100), 1);
	assert_int_equal(fstat(t.fd, &after), 0);
	assert_true(before.st_size == after.st_size);
}

/* More than there is room for: who failed last is remembered. */
static void
test_full(void **state)
{
	SCOPED(drop_tries) struct tries t = open_tries();
	char who[20];

	(void)state;
	for (int i = 0; i < 40000; i++) {
		snprintf(who, sizeof who, "peer %d", i);
		add(&t, TRIES_PEER, who, NOW + i / 400);
		if (i % 1000 == 0)
			add(&t, TRIES_PEER, "steady", NOW + i / 400);
	}
	assert_int_equal(count(&t, TRIES_PEER, "steady", NOW + 100),
	    TRIES_TIMES);
}

static void
test_claim(void **state)
{
	SCOPED(drop_tries) struct tries t = open_tries();
	struct slice who = SLICE("joe");
	struct err err;

	(void)state;
	assert_int_equal(tries_claim(&t, TRIES_LOGIN, who, NOW, 5, &err), 1);
	assert_int_equal(tries_claim(&t, TRIES_LOGIN, who, NOW + 4, 5, &err),
	    0);
	assert_int_equal(tries_claim(&t, TRIES_LOGIN, who, NOW + 5, 5, &err),
	    1);
	assert_int_equal(tries_take_back(&t, TRIES_LOGIN, who, &err), 0);
	assert_int_equal(tries_claim(&t, TRIES_LOGIN, who, NOW + 5, 5, &err),
	    1);
	assert_int_equal(tries_claim(&t, TRIES_LOGIN, SLICE("ann"), NOW, 5,
	    &err), 1);
}

/* One waits for the turn of a name, not for another's, and gets it when who
 * has it is gone. */
static void
test_turn(void **state)
{
	SCOPED(drop_tries) struct tries mine = open_tries();
	struct slice a = SLICE("a"), b = SLICE("b");
	struct err err;
	int ready[2], status;
	char byte;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct tries its = open_tries();
		if (tries_wait(&its, TRIES_PEER, a, deadline_in(5000),
		    &err) == -1)
			_exit(1);
		fd_write(ready[1], "x", 1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(tries_wait(&mine, TRIES_PEER, b, deadline_in(5000),
	    &err), 0);
	assert_int_equal(tries_wait(&mine, TRIES_ACCOUNT, a, deadline_in(5000),
	    &err), 0);
	assert_int_equal(tries_wait(&mine, TRIES_PEER, a, deadline_in(50),
	    &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	kill(pid, SIGKILL);
	assert_int_not_equal(tries_wait(&mine, TRIES_PEER, a, deadline_in(5000),
	    &err), -1);
	waitpid(pid, &status, 0);
	tries_leave(&mine, TRIES_PEER, a);
	close(ready[0]);
	close(ready[1]);
}

/* --- files that are not as they should be ------------------------------ */

static const struct damage_row {
	const char	*name;
	off_t		 at;		/* where; -1: the file is cut */
} damages[] = {
	{ "a file that was cut is begun anew", -1 },
	{ "one with another beginning, too", 0 },
	{ "one of another shape, too", 36 },
	{ "one whose header has more in it, too", 63 },
};

static void
check_damage(void **state)
{
	const struct damage_row *row = *state;
	SCOPED(drop_tries) struct tries before = open_tries();
	uint64_t was = before.key[0];

	add(&before, TRIES_PEER, "a", NOW);
	if (row->at == -1)
		assert_int_equal(ftruncate(before.fd, 1000), 0);
	else
		assert_int_equal(pwrite(before.fd, "\xff", 1, row->at), 1);
	SCOPED(drop_tries) struct tries after = open_tries();
	assert_true(after.key[0] != was);
	assert_int_equal(count(&after, TRIES_PEER, "a", NOW), 0);
	assert_int_equal(add(&after, TRIES_PEER, "a", NOW), 1);
	SCOPED(drop_tries) struct tries again = open_tries();
	assert_true(again.key[0] == after.key[0]);
	assert_int_equal(count(&again, TRIES_PEER, "a", NOW), 1);
}

static void
test_not_ours(void **state)
{
	struct tries t = TRIES_NONE;
	struct err err;

	(void)state;
	unit_writes("else", "x");
	assert_int_equal(link("else", "linked"), 0);
	assert_int_equal(symlink("else", "symbolic"), 0);
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (const char *const *n = (const char *const[]){ "linked",
	    "symbolic", "directory", "fifo", NULL }; *n != NULL; n++) {
		assert_int_equal(tries_open(unit_dir(), *n, &t, &err), -1);
		assert_int_equal(err.kind, ERR_TEMPORARY);
	}
	assert_file("else", "x");
}

static void
test_cannot_write(void **state)
{
	struct tries t = TRIES_NONE;
	struct err err;

	(void)state;
	fault_at("ftruncate", 1, ENOSPC);
	assert_int_equal(tries_open(unit_dir(), "tries", &t, &err), -1);
	assert_true(fault_clear());
	SCOPED(drop_tries) struct tries good = open_tries();
	unsigned got;
	fault_at("pwrite", 1, ENOSPC);
	assert_int_equal(tries_add(&good, TRIES_PEER, SLICE("a"), NOW, WINDOW,
	    &got, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(count(&good, TRIES_PEER, "a", NOW), 0);
}

int
main(void)
{
	add_test("hashes are SipHash-2-4", test_siphash);
	add_test("so many times of one are counted, and of the last minutes",
	    test_count);
	add_test("a time that is to come counts for nothing", test_future);
	add_test("who opens the file sees what others added", test_shared);
	add_test("many are kept apart, in a file of one size", test_many);
	add_test("where there is no room the oldest is forgotten", test_full);
	add_test("a claim is good once in its time, and can be taken back",
	    test_claim);
	add_test("a turn is waited for, and free when who had it is gone",
	    test_turn);
	add_rows(damages, check_damage);
	add_test("what is no plain file of ours is left as it is",
	    test_not_ours);
	add_test("what cannot be written is told, and nothing stays locked",
	    test_cannot_write);
	return run_all();
}
