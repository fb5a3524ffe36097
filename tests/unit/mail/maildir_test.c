/* maildir_test.c: delivering into a Maildir: names, directories, faults. */
#include "../unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "maildir.h"
#include "scope.h"

static const char message[] = "S: x\n\nFrom here\n";

/* --- helpers ----------------------------------------------------------- */

static struct mailbox
box(void)
{
	return (struct mailbox){
		.kind = &maildir_kind, .who = { geteuid(), getegid() },
		.parent = unit_dir(), .name = "box", .path = "/spool/box",
		.lock_timeout = 1,
	};
}

static int
deliver(int unnamed, struct err *err)
{
	struct mailbox mailbox = box();
	struct stream content = { 0 };
	struct delivery delivery = {
		.sender = "s@far.test", .content = &content, .unnamed = unnamed,
		.deadline = deadline_in(10000),
		.octets = { strlen(message) + 3, '\n' },
	};

	if (unnamed != -1)
		stream_add_file(&content, unnamed, 0, strlen(message));
	else
		stream_add_memory(&content, slice_of(message));
	return mailbox_deliver(&mailbox, &delivery, err);
}

/* How many files are in the directory; name gets the path of one. */
static int
count(const char *directory, char name[512])
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int found = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, 512, "%s/%s", directory, entry->d_name);
		found++;
	}
	closedir(dir);
	return found;
}

static int
unnamed_file(void)
{
	int fd = openat(unit_dir(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(fd_write(fd, message, strlen(message)), 0);
	return fd;
}

/* As long as the message is, and as it is sent: it has three lines. */
static void
assert_told(const char *name)
{
	char wanted[64];

	snprintf(wanted, sizeof wanted, ",S=%zu,W=%zu", strlen(message),
	    strlen(message) + 3);
	assert_string_equal(strchr(name, ','), wanted);
}

/* --- deliveries -------------------------------------------------------- */

static void
test_deliver(void **state)
{
	char name[512], other[512];
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(deliver(-1, &err), 0);
	assert_int_equal(count("box/new", name), 1);
	assert_int_equal(count("box/tmp", other), 0);
	assert_int_equal(count("box/cur", other), 0);
	assert_file(name, message);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat("box/new", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void
test_names(void **state)
{
	char name[512];
	struct err err = { 0 };

	(void)state;
	for (int i = 1; i <= 50; i++) {
		assert_int_equal(deliver(-1, &err), 0);
		assert_int_equal(count("box/new", name), i);
	}
	assert_told(name);
	const char *base = strrchr(name, '/') + 1;
	assert_true(llabs(strtoll(base, NULL,
	    10) - (long long)time(NULL)) < 100);
	assert_null(strchr(base, ':'));
}

static void
test_unnamed(void **state)
{
	char name[512];
	SCOPED(drop_fd) int fd = unnamed_file();
	struct err err = { 0 };
	struct stat before, after;

	(void)state;
	assert_int_equal(deliver(fd, &err), 0);
	assert_int_equal(count("box/new", name), 1);
	assert_file(name, message);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(stat(name, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_told(name);
}

static void
test_unnamed_elsewhere(void **state)
{
	char name[512];
	SCOPED(drop_fd) int fd = unnamed_file();
	struct err err = { 0 };

	(void)state;
	fault_at("linkat", 1, EXDEV);
	assert_int_equal(deliver(fd, &err), 0);
	assert_true(fault_clear());
	assert_int_equal(count("box/new", name), 1);
	assert_file(name, message);
	assert_told(name);
	assert_int_equal(count("box/tmp", name), 0);
}

/* Dovecot would count it otherwise. */
static void
test_no_end(void **state)
{
	SCOPED(drop_fd) int fd = unnamed_file();
	struct mailbox mailbox = box();
	struct stream content = { 0 };
	struct delivery delivery = { .sender = "", .content = &content,
		.unnamed = -1, .deadline = deadline_in(10000),
		.octets = { 5, 'x' } };
	struct err err = { 0 };
	char name[512];

	(void)state;
	stream_add_memory(&content, SLICE("S: x\n\nx"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mailbox_deliver(&mailbox, &delivery, &err),
		    0);
		assert_int_equal(count("box/new", name), 1);
		assert_string_equal(strchr(name, ','), ",S=7");
		assert_int_equal(unlink(name), 0);
		delivery.unnamed = fd;
	}
}

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
	bool		 unnamed;
} faults[] = {
	{ "a file that cannot be made leaves nothing", "openat", 5, ENOSPC,
	  false },
	{ "a write that fails leaves nothing", "write", 1, EDQUOT, false },
	{ "a message that cannot be synced leaves nothing", "fsync", 1, EIO,
	  false },
	{ "nor does a directory that cannot be synced", "fsync", 2, EIO,
	  false },
	{ "an unnamed file that cannot be synced leaves nothing", "fsync", 1,
	  EIO, true },
	{ "nor does its directory", "fsync", 2, EIO, true },
	{ "a directory that cannot be opened leaves nothing", "openat", 2,
	  EMFILE, false },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	char name[512];
	struct err err = { 0 };

	assert_int_equal(deliver(-1, &err), 0);
	SCOPED(drop_fd) int fd = row->unnamed ? unnamed_file() : -1;
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(deliver(fd, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_memory_equal(err.text, "/spool/box: ", 12);
	assert_int_equal(count("box/new", name), 1);
	assert_int_equal(count("box/tmp", name), 0);
}

static void
test_interrupted(void **state)
{
	char name[512];
	struct err err = { 0 };

	(void)state;
	fault_short("write", 1, 3);
	assert_int_equal(deliver(-1, &err), 0);
	assert_true(fault_clear());
	assert_int_equal(count("box/new", name), 1);
	assert_file(name, message);
}

/* --- what lies in tmp -------------------------------------------------- */

static const struct old_row {
	const char	*name, *file;
	int		 hours;
	bool		 stays;
} olds[] = {
	{ "what lies in tmp for 37 hours goes", "box/tmp/x", 37, false },
	{ "what lies there for 35 hours stays", "box/tmp/x", 35, true },
	{ "what begins with a dot stays", "box/tmp/.x", 1000, true },
	{ "what lies in new for long stays", "box/new/x", 1000, true },
	{ "what lies in cur for long stays", "box/cur/x", 1000, true },
};

static void
check_old(void **state)
{
	const struct old_row *row = *state;
	struct err err = { 0 };

	assert_int_equal(deliver(-1, &err), 0);
	unit_writes(row->file, "x");
	fault_later((time_t)row->hours * 3600);
	assert_int_equal(deliver(-1, &err), 0);
	fault_clear();
	assert_int_equal(access(row->file, F_OK), row->stays ? 0 : -1);
}

static void
test_old_directory(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(deliver(-1, &err), 0);
	assert_int_equal(mkdir("box/tmp/dir", 0700), 0);
	assert_int_equal(symlink("/etc/passwd", "box/tmp/link"), 0);
	fault_later((time_t)1000 * 3600);
	assert_int_equal(deliver(-1, &err), 0);
	fault_clear();
	assert_int_equal(access("box/tmp/dir", F_OK), 0);
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

/* --- directories ------------------------------------------------------- */

static void
test_absent(void **state)
{
	SCOPED(drop_maildir) struct maildir md = MAILDIR_NONE;
	struct mailbox mailbox = box();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(maildir_open(&mailbox, false, &md, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_no_file("box");
	assert_int_equal(maildir_open(&mailbox, true, &md, &err), 0);
}

static const struct part_row {
	const char	*name, *part;
	bool		 link;		/* else everybody can write to it */
} parts[] = {
	{ "a link in place of the Maildir is refused", "box", true },
	{ "a link in place of tmp is refused", "box/tmp", true },
	{ "a link in place of new is refused", "box/new", true },
	{ "a link in place of cur is refused", "box/cur", true },
	{ "a Maildir that everybody can write to is refused", "box", false },
	{ "so is such a tmp", "box/tmp", false },
	{ "so is such a new", "box/new", false },
	{ "so is such a cur", "box/cur", false },
};

static void
check_part(void **state)
{
	const struct part_row *row = *state;
	char name[512];
	struct err err = { 0 };

	assert_int_equal(deliver(-1, &err), 0);
	if (row->link) {
		assert_int_equal(rename(row->part, "moved"), 0);
		snprintf(name, sizeof name, "%s/moved", unit_path());
		assert_int_equal(symlink(name, row->part), 0);
	} else
		assert_int_equal(chmod(row->part, 0777), 0);
	assert_int_equal(deliver(-1, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(count(strcmp(row->part, "box") == 0 && row->link ?
	    "moved/new" : strcmp(row->part, "box/new") == 0 && row->link ?
	    "moved" : "box/new", name), 1);
}

static void
test_first_is_synced(void **state)
{
	struct err err = { 0 };

	(void)state;
	for (int nth = 1; nth <= 2; nth++) {
		fault_at("fsync", nth, EIO);
		assert_int_equal(deliver(-1, &err), -1);
		assert_true(fault_clear());
		assert_non_null(strstr(err.text, "sync the new Maildir"));
		assert_int_equal(rmdir("box/tmp") | rmdir("box/new") | rmdir(
		    "box/cur") | rmdir("box"), 0);
	}
}

int
main(void)
{
	add_test("a message lies in new, ours alone", test_deliver);
	add_test("names never repeat, begin with the time and end with the "
	    "sizes", test_names);
	add_test("an unnamed file becomes the message", test_unnamed);
	add_test("one of another file system is copied",
	    test_unnamed_elsewhere);
	add_test("a last line without its end: no octets are told",
	    test_no_end);
	add_rows(faults, check_fault);
	add_test("a short write goes on", test_interrupted);
	add_rows(olds, check_old);
	add_test("only plain files of tmp go", test_old_directory);
	add_test("a missing Maildir is absent, or made", test_absent);
	add_rows(parts, check_part);
	add_test("the directories of a new Maildir are synced",
	    test_first_is_synced);
	return run_all();
}
