/* ident_test.c: who a process is, and becoming somebody else for good. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "ident.h"

static const char passwd[] =
    "# a comment\n"
    "root:x:0:0:root:/root:/bin/sh\n"
    "joe:x:501:100:Joe:/home/joe:/bin/sh\n"
    "short:x:502\n"
    "word:x:503:many::\n"
    "big:x:4294967295:100::\n"
    "last:x:504:104::\n"
    "joe:x:999:999:a second Joe::\n";
static const char group[] = "mail:x:8:\nbroken:x\npop users:x:90:joe\n";

static const struct user_row {
	const char	*name, *text;
	enum err_kind	 kind;
	unsigned	 uid, gid;
} users[] = {
	{ "a user by name", "joe", ERR_NONE, 501, 100 },
	{ "a user by number has its group", "501", ERR_NONE, 501, 100 },
	{ "a number without a user is its own group", "777", ERR_NONE, 777,
	  777 },
	{ "nobody has that name", "eve", ERR_ABSENT, 0, 0 },
	{ "a part of a name is no name", "jo", ERR_ABSENT, 0, 0 },
	{ "no name is nobody's", "", ERR_ABSENT, 0, 0 },
	{ "a line without a group is broken", "short", ERR_TEMPORARY, 0, 0 },
	{ "a group that is no number is broken", "word", ERR_TEMPORARY, 0, 0 },
	{ "the number that means no change is nobody's", "big", ERR_ABSENT, 0,
	  0 },
	{ "nor can it be given as a number", "4294967295", ERR_ABSENT, 0, 0 },
	{ "a line behind broken ones is found", "last", ERR_NONE, 504, 104 },
};

static void
check_user(void **state)
{
	const struct user_row *row = *state;
	struct ident who = { 4711, 4712 };
	struct err err = { 0 };

	unit_writes("passwd", passwd);
	fault_instead("/etc/passwd", "passwd");
	int got = ident_of_user(slice_of(row->text), &who, &err);
	assert_int_equal(got, row->kind == ERR_NONE ? 0 : -1);
	if (got == -1)
		assert_int_equal(err.kind, row->kind);
	assert_int_equal(who.uid, got == 0 ? row->uid : 4711);
	assert_int_equal(who.gid, got == 0 ? row->gid : 4712);
}

static const struct group_row {
	const char	*name, *text;
	enum err_kind	 kind;
	gid_t		 gid;
} groups[] = {
	{ "a group by name", "mail", ERR_NONE, 8 },
	{ "a group by name with a blank", "pop users", ERR_NONE, 90 },
	{ "a group by number needs no line", "1234", ERR_NONE, 1234 },
	{ "no group has that name", "male", ERR_ABSENT, 0 },
	{ "a broken line is no group", "broken", ERR_ABSENT, 0 },
};

static void
check_group(void **state)
{
	const struct group_row *row = *state;
	struct err err = { 0 };
	gid_t gid = 4711;

	unit_writes("group", group);
	fault_instead("/etc/group", "group");
	int got = ident_of_group(slice_of(row->text), &gid, &err);
	assert_int_equal(got, row->kind == ERR_NONE ? 0 : -1);
	assert_int_equal(err.kind, row->kind);
	assert_int_equal(gid, got == 0 ? row->gid : 4711);
}

static const struct user_row pairs[] = {
	{ "a user alone has its own group", "joe", ERR_NONE, 501, 100 },
	{ "a group may follow", "joe:33", ERR_NONE, 501, 33 },
	{ "both may be numbers", "7:8", ERR_NONE, 7, 8 },
	{ "a group without a user is neither", ":33", ERR_INVALID, 0, 0 },
	{ "nothing is neither", "", ERR_INVALID, 0, 0 },
	{ "an unknown user is absent", "eve:33", ERR_ABSENT, 0, 0 },
	{ "an unknown group is absent", "joe:no such group", ERR_ABSENT, 0, 0 },
};

static void
check_pair(void **state)
{
	const struct user_row *row = *state;
	struct ident who = { 4711, 4712 };
	struct err err = { 0 };

	unit_writes("passwd", passwd);
	fault_instead("/etc/passwd", "passwd");
	int got = ident_parse(slice_of(row->text), &who, &err);
	assert_int_equal(got, row->kind == ERR_NONE ? 0 : -1);
	if (got == -1)
		assert_int_equal(err.kind, row->kind);
	assert_int_equal(who.uid, got == 0 ? row->uid : 4711);
	assert_int_equal(who.gid, got == 0 ? row->gid : 4712);
}

static void
test_stale_fields(void **state)
{
	struct ident who = { 0 };
	struct err err = { 0 };

	(void)state;
	/* The line before has a group, which must not become joe's. */
	unit_writes("passwd", "ann:x:500:100:::\njoe:x:501\n");
	fault_instead("/etc/passwd", "passwd");
	assert_int_equal(ident_of_user(SLICE("joe"), &who, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "/etc/passwd: the line of 'joe' is broken");
}

static void
test_no_file(void **state)
{
	struct ident who = { 0 };
	struct err err = { 0 };

	(void)state;
	fault_instead("/etc/passwd", "nothing");
	assert_int_equal(ident_of_user(SLICE("joe"), &who, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	fault_instead("/etc/passwd", unit_path());
	assert_int_equal(ident_of_user(SLICE("joe"), &who, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_int_equal(ident_of_user(SLICE("501"), &who, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	fault_clear();
	fault_at("read", 1, EIO);
	assert_int_equal(ident_of_user(SLICE("root"), &who, &err), -1);
	assert_err(err, ERR_TEMPORARY, "/etc/passwd: read: Input/output error");
}

static const struct forbidden_row {
	const char	*name;
	struct ident	 who;
	bool		 forbidden;
} forbidden[] = {
	{ "an ordinary identity is allowed", { 60001, 60000 }, false },
	{ "root's uid is forbidden", { 0, 60000 }, true },
	{ "root's gid is forbidden", { 60001, 0 }, true },
	{ "the uid that means no change is forbidden", { (uid_t)-1, 60000 },
	  true },
	{ "the gid that means no change is forbidden", { 60001, (gid_t)-1 },
	  true },
};

static void
check_forbidden(void **state)
{
	const struct forbidden_row *row = *state;

	assert_int_equal(ident_is_forbidden(row->who), row->forbidden);
}

/* Runs in a process of its own: 0 is right. */
static int
becomes(struct ident who)
{
	struct err err = { 0 };
	gid_t some[] = { 4, 8 };
	int death_signal = 0;

	prctl(PR_SET_PDEATHSIG, SIGHUP);
	if (setgroups(2, some) == -1)
		return 1;
	if (ident_become(who, &err) == -1)
		return err.kind == ERR_REFUSED ? 77 : 75;
	if (getuid() != who.uid || geteuid() != who.uid ||
	    getgid() != who.gid || getegid() != who.gid ||
	    getgroups(0, NULL) != 0)
		return 2;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 6;
	if (prctl(PR_GET_PDEATHSIG, &death_signal) == -1 ||
	    death_signal != SIGHUP)
		return 7;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 3;
	/* Once more is fine; anybody else is not. */
	if (ident_become(who, &err) == -1)
		return 4;
	return ident_become((struct ident){ who.uid + 1, who.gid },
	    &err) == -1 && err.kind == ERR_REFUSED ? 0 : 5;
}

static const struct become_row {
	const char	*name;
	struct ident	 who;
	const char	*fault;		/* a call that fails, or NULL */
	int		 status;
} becoming[] = {
	{ "root becomes somebody for good (needs root)", { 61234, 61235 }, NULL,
	  0 },
	{ "root never becomes root (needs root)", { 0, 61235 }, NULL, 77 },
	{ "root never becomes a member of root's group (needs root)",
	  { 61234, 0 }, NULL, 77 },
	{ "a uid that cannot be taken is an error (needs root)",
	  { 61234, 61235 }, "setresuid", 75 },
	{ "groups that cannot be proved gone are an error (needs root)",
	  { 61234, 61235 }, "getgroups", 75 },
};

static void
check_become(void **state)
{
	const struct become_row *row = *state;
	int status;

	if (geteuid() != 0)
		skip();
	pid_t pid = fork();
	if (pid == 0) {
		if (row->fault != NULL)
			fault_at(row->fault, 1, EAGAIN);
		_exit(becomes(row->who));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), row->status);
}

/* --- a parent that ends meanwhile ---------------------------------------- */

static void
lose_parent(void)
{
	pid_t parent = getppid();

	kill(parent, SIGKILL);
	while (getppid() == parent)
		sched_yield();
}

/* A child of it has one when it begins to become somebody, and says so when it
 * goes on. */
static _Noreturn void
be_parent(int end)
{
	struct child child;
	struct err err;

	if (child_fork(&child, &err) == 0) {
		fault_before("setresuid", lose_parent);
		ident_become((struct ident){ 61234, 61235 }, &err);
		_exit(write(end, "x", 1) == 1 ? 0 : 1);
	}
	close(end);
	for (;;)
		pause();
}

static void
test_orphan(void **state)
{
	int ends[2], status;
	char said;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0)
		be_parent(ends[1]);
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* the end of who had the other end */
	assert_int_equal(read(ends[0], &said, 1), 0);
	close(ends[0]);
}

static void
test_without_root(void **state)
{
	struct ident self = { 61234, 61235 }, other = { 61236, 61235 };
	struct err err = { 0 };
	int status;

	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 &&
		    (setgroups(0, NULL) == -1 || setgid(self.gid) == -1 ||
		    setuid(self.uid) == -1))
			_exit(1);
		self.uid = getuid();
		if (ident_become(self, &err) == -1)
			_exit(2);
		if (ident_become(other, &err) == 0 || err.kind != ERR_REFUSED)
			_exit(3);
		_exit(strcmp(err.text, "only root can act as uid 61236:"
		    " start it as root or as that user") == 0 ? 0 : 4);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	add_rows(users, check_user);
	add_rows(groups, check_group);
	add_rows(pairs, check_pair);
	add_test("a field that a line lacks is not taken from the line before",
	    test_stale_fields);
	add_test("a missing file has nobody, an unreadable one is temporary",
	    test_no_file);
	add_rows(forbidden, check_forbidden);
	add_rows(becoming, check_become);
	add_test("who loses its parent while it becomes somebody ends "
	    "(needs root)", test_orphan);
	add_test("who is not root can only become itself", test_without_root);
	return run_all();
}
