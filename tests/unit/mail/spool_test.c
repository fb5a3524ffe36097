/* spool_test.c: the directories of the spool: made, checked, refused. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "spool.h"

/* An installation whose spool is the current directory. */
struct world {
	struct installation	in;
	struct domain		domain;
};

static struct world *
world(struct world *w)
{
	*w = (struct world){
		.in = { .path = "/etc/vmail", .as_root = geteuid() == 0,
		.conf = { .spool = unit_path() } }, .domain = {
			.name = "a.test", .file = "domain.a.test",
			.one_owner = geteuid() != 0,
			.owner = { geteuid(), geteuid() == 0 ? 60000 :
			getegid() },
		},
	};
	w->domain.in = &w->in;
	return w;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* --- the spool itself -------------------------------------------------- */

static void
test_missing(void **state)
{
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	struct err err = { 0 };

	(void)state;
	world(&w)->in.conf.spool = "/nowhere/spool";
	assert_int_equal(spool_open(&w.in, &fd, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "the spool /nowhere/spool is missing: mount it, or make it");
	assert_int_equal(spool_of_domain(&w.domain, true, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

/* --- a domain's directory ---------------------------------------------- */

static void
test_make(void **state)
{
	struct world w;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	world(&w);
	{
		SCOPED(drop_fd) int fd = -1;
		assert_int_equal(spool_of_domain(&w.domain, false, &fd, &err),
		    -1);
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_no_file("a.test");
	}
	SCOPED(drop_fd) int fd = -1;
	assert_int_equal(spool_of_domain(&w.domain, true, &fd, &err), 0);
	assert_int_equal(stat("a.test", &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	if (geteuid() == 0) {
		assert_int_equal(st.st_gid, 60000);
		assert_int_equal(mode_of("a.test"), 03770);
	} else
		assert_int_equal(mode_of("a.test") & 0777, 0700);
}

static void
test_again(void **state)
{
	struct world w;
	struct err err = { 0 };

	(void)state;
	world(&w);
	for (int i = 0; i < 3; i++) {
		SCOPED(drop_fd) int fd = -1;
		assert_int_equal(spool_of_domain(&w.domain, true, &fd, &err),
		    0);
	}
}

static void
make_link(void)
{
	assert_int_equal(mkdir("other", 0700), 0);
	assert_int_equal(symlink("other", "a.test"), 0);
}

static void
make_dangling(void)
{
	assert_int_equal(symlink("other", "a.test"), 0);
}

static void
make_file(void)
{
	unit_writes("a.test", "");
}

static void
make_open(void)
{
	assert_int_equal(mkdir("a.test", 0700), 0);
	assert_int_equal(chmod("a.test", 01777), 0);
}

static void
make_not_sticky(void)
{
	assert_int_equal(mkdir("a.test", 0700), 0);
	assert_int_equal(chmod("a.test", 02770), 0);
}

static const struct way_row {
	const char	*name;
	void		(*make)(void);
	/* how it begins after the spool's path */
	const char	*text;
} ways[] = {
	{ "a link in its place is refused", make_link, "" },
	{ "a dangling link in its place is refused", make_dangling, "" },
	{ "a file in its place is refused", make_file, "" },
	{ "one that all can write to is refused, sticky or not", make_open,
	  "others can write to a.test" },
	{ "one whose group may remove what others have put there is refused",
	  make_not_sticky, "others can write to a.test" },
};

static void
check_way(void **state)
{
	const struct way_row *row = *state;
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	char wanted[512];
	struct err err = { 0 };

	snprintf(wanted, sizeof wanted, "%s: %s", unit_path(), row->text);
	row->make();
	assert_int_equal(spool_of_domain(&world(&w)->domain, false, &fd, &err),
	    -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_memory_equal(err.text, wanted, strlen(wanted));
	assert_no_file("other/new");
}

static void
test_mended(void **state)
{
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		return;
	make_not_sticky();
	assert_int_equal(spool_of_domain(&world(&w)->domain, true, &fd, &err),
	    0);
	assert_int_equal(mode_of("a.test"), 03770);
	assert_int_equal(stat("a.test", &st), 0);
	assert_int_equal(st.st_gid, 60000);
}

static void
test_somebody_elses(void **state)
{
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	struct err err = { 0 };

	(void)state;
	if (geteuid() != 0)
		return;
	assert_int_equal(mkdir("a.test", 0700), 0);
	assert_int_equal(chown("a.test", 61234, 60000), 0);
	assert_int_equal(spool_of_domain(&world(&w)->domain, true, &fd, &err),
	    -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	w.domain.one_owner = true;
	w.domain.owner.uid = 61234;
	assert_int_equal(spool_of_domain(&w.domain, true, &fd, &err), 0);
}

/* --- faults ------------------------------------------------------------ */

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
	bool		 as_root;	/* the call is made by root alone */
} faults[] = {
	{ "a new directory that cannot be opened is taken away", "openat", 3,
	  EMFILE, false },
	{ "one that cannot get its owner is taken away", "fchown", 1, EPERM,
	  true },
	{ "one that cannot get its mode is taken away", "fchmod", 1, EPERM,
	  true },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	char name[64];
	struct err err = { 0 };

	if (row->as_root && geteuid() != 0)
		return;
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(spool_of_domain(&world(&w)->domain, true, &fd, &err),
	    -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	snprintf(name, sizeof name, ".a.test.%ld.new", (long)getpid());
	assert_no_file(name);
	assert_no_file("a.test");
}

static void
test_unsynced(void **state)
{
	struct world w;
	SCOPED(drop_fd) int fd = -1;
	struct err err = { 0 };

	(void)state;
	fault_at("fsync", 1, EIO);
	assert_int_equal(spool_of_domain(&world(&w)->domain, true, &fd, &err),
	    -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_int_equal(spool_of_domain(&w.domain, true, &fd, &err), 0);
}

/* --- files/D ----------------------------------------------------------- */

static void
test_files(void **state)
{
	struct world w;
	struct err err = { 0 };

	(void)state;
	world(&w);
	{
		SCOPED(drop_fd) int fd = -1;
		assert_int_equal(spool_files(&w.domain, false, &fd, &err), -1);
		assert_int_equal(err.kind, ERR_ABSENT);
		assert_no_file("files");
	}
	SCOPED(drop_fd) int fd = -1;
	assert_int_equal(spool_files(&w.domain, true, &fd, &err), 0);
	assert_int_equal(mode_of("files"), 0755);
	assert_int_equal(mode_of("files/a.test") & 0007, 0);
}

int
main(void)
{
	add_test("a spool that is missing is not made", test_missing);
	add_test("a domain's directory is made when asked for, with its owner "
	    "and mode", test_make);
	add_test("one that is there is used", test_again);
	add_rows(ways, check_way);
	add_test("root mends what it may make", test_mended);
	add_test("somebody else's is refused, the one owner's is not",
	    test_somebody_elses);
	add_rows(faults, check_fault);
	add_test("one that cannot be synced is not used until it can",
	    test_unsynced);
	add_test("files belongs to all domains, what is in it to one",
	    test_files);
	return run_all();
}
