/* file_test.c: plain files: read, and replaced whole. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "scope.h"

static const struct open_row {
	const char	*name, *file;
	int		 flags;
	enum err_kind	 kind;
	const char	*text;
} opens[] = {
	{ "a plain file is opened", "plain", 0, ERR_NONE, "" },
	{ "a link to one is followed", "link", 0, ERR_NONE, "" },
	{ "but not when that is forbidden", "link", O_NOFOLLOW, ERR_REFUSED,
	  "link: Too many levels of symbolic links: it is in the way" },
	{ "what is not there is absent", "nothing", 0, ERR_ABSENT,
	  "nothing: No such file or directory" },
	{ "a link to nowhere is absent", "dangling", 0, ERR_ABSENT,
	  "dangling: No such file or directory" },
	{ "a directory is not a file", "directory", 0, ERR_TEMPORARY,
	  "directory: not a regular file" },
	{ "a FIFO is not waited for", "fifo", 0, ERR_TEMPORARY,
	  "fifo: not a regular file" },
	{ "a device is not a file", "/dev/null", 0, ERR_TEMPORARY,
	  "/dev/null: not a regular file" },
};

static void
check_open(void **state)
{
	const struct open_row *row = *state;
	struct err err = { 0 };
	struct stat st = { 0 };
	SCOPED(drop_fd) int fd = -1;

	unit_writes("plain", "12345");
	assert_int_equal(symlink("plain", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	int got = file_open(unit_dir(), row->file, row->flags, &fd, &st, &err);
	assert_int_equal(got, row->kind == ERR_NONE ? 0 : -1);
	assert_err(err, row->kind, row->text);
	assert_int_equal(fd >= 0, got == 0);
	if (got == 0) {
		assert_int_equal(st.st_size, 5);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	}
}

static void
test_dir(void **state)
{
	struct err err = { 0 };
	int fd = -7;

	(void)state;
	unit_writes("plain", "");
	assert_int_equal(dir_open(unit_dir(), "nothing", &fd, &err), -1);
	assert_err(err, ERR_ABSENT, "nothing: No such file or directory");
	assert_int_equal(dir_open(unit_dir(), "plain", &fd, &err), -1);
	assert_err(err, ERR_REFUSED, "plain: Not a directory: it is in the way");
	assert_int_equal(fd, -7);
	assert_int_equal(dir_open(unit_dir(), ".", &fd, &err), 0);
	drop_fd(&fd);
}

static const struct read_row {
	const char	*name;
	size_t		 size, max;
	int		 result;
} reads[] = {
	{ "an empty file is read", 0, 10, 0 },
	{ "a file of just the limit is read", 10, 10, 0 },
	{ "one byte more is too long", 11, 10, -1 },
	{ "a file larger than every buffer is read", 100000, 100000, 0 },
};

static void
check_read(void **state)
{
	const struct read_row *row = *state;
	static char bytes[100000];
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct err err = { 0 };

	memset(bytes, 'x', sizeof bytes);
	unit_write("file", bytes, row->size);
	fd = open("file", O_RDONLY);
	str_adds(&text, "ab");
	assert_int_equal(file_read(fd, row->max, &text, &err), row->result);
	if (row->result == -1) {
		assert_err(err, ERR_INVALID, "longer than 10 bytes");
	} else {
		assert_int_equal(text.len, 2 + row->size);
		assert_memory_equal(text.s, "ab", 2);
		assert_int_equal(strlen(text.s), text.len);
	}
}

static void
test_read_fails(void **state)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct err err = { 0 };

	(void)state;
	fault_at("read", 1, EIO);
	assert_int_equal(file_read(0, 10, &text, &err), -1);
	assert_err(err, ERR_TEMPORARY, "read: Input/output error");
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

static void
test_new(void **state)
{
	struct err err = { 0 };
	mode_t before = umask(0777);

	(void)state;
	assert_int_equal(file_replace(unit_dir(), "file", 0640, SLICE("new\n"),
	    &err), 0);
	umask(before);
	assert_int_equal(mode_of("file"), 0640);
	assert_file("file", "new\n");
	assert_no_file(".file.new");
}

static void
test_replace(void **state)
{
	struct err err = { 0 };

	(void)state;
	unit_writes("file", "old\n");
	assert_int_equal(chmod("file", 0604), 0);
	assert_int_equal(file_replace(unit_dir(), "file", 0600, SLICE("new\n"),
	    &err), 0);
	assert_int_equal(mode_of("file"), 0604);
	assert_file("file", "new\n");
}

static void
test_owner(void **state)
{
	struct err err = { 0 };
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		/* without root there is one owner */
		skip();
	unit_writes("file", "old\n");
	static const struct { uid_t uid; gid_t gid; } owners[] = {
		{ 61234, 61235 }, { 61234, 0 }, { 0, 61235 }
	};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chown("file", owners[i].uid, owners[i].gid),
		    0);
		assert_int_equal(chmod("file", 0640), 0);
		assert_int_equal(file_replace(unit_dir(), "file", 0600,
		    SLICE("new\n"), &err), 0);
		assert_int_equal(stat("file", &st), 0);
		assert_int_equal(st.st_uid, owners[i].uid);
		assert_int_equal(st.st_gid, owners[i].gid);
		assert_int_equal(st.st_mode & 07777, 0640);
	}
}

static void
test_leftover(void **state)
{
	struct err err = { 0 };

	(void)state;
	unit_writes("elsewhere", "kept");
	assert_int_equal(symlink("elsewhere", ".file.new"), 0);
	assert_int_equal(file_replace(unit_dir(), "file", 0600, SLICE("new\n"),
	    &err), 0);
	assert_file("file", "new\n");
	assert_file("elsewhere", "kept");
	assert_no_file(".file.new");
}

static void
test_dropped(void **state)
{
	struct err err = { 0 };

	(void)state;
	unit_writes("file", "old\n");
	{
		SCOPED(drop_draft) struct draft draft = { .fd = -1 };
		assert_int_equal(draft_begin(unit_dir(), "file", 0600, &draft,
		    &err), 0);
		assert_int_equal(fd_write(draft.fd, "half", 4), 0);
		assert_file("file", "old\n");
		assert_file(".file.new", "half");
	}
	assert_file("file", "old\n");
	assert_no_file(".file.new");
}

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
	const char	*text, *left;
} faults[] = {
	{ "no file can be made: the old one stays", "openat", 1, EACCES,
	  "create .file.new: Permission denied", "old\n" },
	{ "an old draft cannot be removed: the old file stays", "unlinkat", 1,
	  EIO, "remove old .file.new: Input/output error", "old\n" },
	{ "the mode cannot be set: the old file stays", "fchmod", 1, EPERM,
	  "mode of file: Operation not permitted", "old\n" },
	{ "the disk is full: the old file stays", "write", 1, ENOSPC,
	  "write .file.new: No space left on device", "old\n" },
	{ "the file cannot be synced: the old one stays", "fsync", 1, EIO,
	  "sync .file.new: Input/output error", "old\n" },
	{ "it cannot be renamed: the old file stays", "renameat", 1, EIO,
	  "replace file: Input/output error", "old\n" },
	{ "the directory cannot be synced: the new file is there, but not for "
	  "sure", "fsync", 2, EIO,
	  "sync the directory of file: Input/output error", "new\n" },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	struct err err = { 0 };

	unit_writes("file", "old\n");
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(file_replace(unit_dir(), "file", 0600, SLICE("new\n"),
	    &err), -1);
	assert_true(fault_clear());
	assert_err(err, ERR_TEMPORARY, row->text);
	assert_file("file", row->left);
	assert_no_file(".file.new");
}

static void
test_sync_twice(void **state)
{
	struct err err = { 0 };

	(void)state;
	fault_at("fsync", 3, EIO);
	assert_int_equal(file_replace(unit_dir(), "file", 0600, SLICE("new\n"),
	    &err), 0);
	assert_false(fault_clear());
}

int
main(void)
{
	add_rows(opens, check_open);
	add_test("a directory is opened, and nothing else in its place",
	    test_dir);
	add_rows(reads, check_read);
	add_test("a read that fails is temporary", test_read_fails);
	add_test("a new file gets the mode it was given, whatever the umask",
	    test_new);
	add_test("a replaced file keeps its mode", test_replace);
	add_test("a replaced file keeps its owner (needs root)", test_owner);
	add_test("what a crash left is taken away, and never followed",
	    test_leftover);
	add_test("a draft that is dropped leaves the old file", test_dropped);
	add_rows(faults, check_fault);
	add_test("two syncs are all: the file's and its directory's",
	    test_sync_twice);
	return run_all();
}
