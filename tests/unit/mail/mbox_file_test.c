/* mbox_file_test.c: an mbox file: what is refused, its locks, its undo
 * record. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "lock.h"
#include "mbox_file.h"
#include "scope.h"

static int
open_box(enum mbox_file_how how, int64_t ms, struct mbox_file *out,
    struct err *err)
{
	return mbox_file_open(unit_dir(), "box", how, deadline_in(ms), out,
	    err);
}

/* --- what is there ----------------------------------------------------- */

static void
test_create(void **state)
{
	struct err err = { 0 };
	struct stat st;

	(void)state;
	{
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
		assert_int_equal(f.st.st_size, 0);
		assert_int_equal(stat("box.lock", &st), 0);
	}
	assert_no_file("box.lock");
	assert_int_equal(stat("box", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 0);
}

static void
test_absent(void **state)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(open_box(MBOX_FILE_EXISTING, 1000, &f, &err), -1);
	assert_err(err, ERR_ABSENT, "box: not there");
	assert_no_file(".box.queue");
	assert_no_file("box.lock");
}

static void
test_foreign(void **state)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(open_box(MBOX_FILE_FOREIGN, 1000, &f, &err), 0);
	assert_int_equal(f.queue, -1);
	assert_no_file(".box.queue");
}

static const struct foreign_row {
	const char	*name;
	int		 error;
	bool		 opens;
} foreigns[] = {
	{ "a foreign directory that is closed to us has no lock file", EACCES,
	  true },
	{ "nor has one that may not be changed", EPERM, true },
	{ "nor has one that is read-only", EROFS, true },
	{ "a full one is a failure", ENOSPC, false },
};

static void
check_foreign(void **state)
{
	const struct foreign_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	unit_writes("box", "");
	fault_at("openat", 1, row->error);
	assert_int_equal(open_box(MBOX_FILE_FOREIGN, 1000, &f, &err),
	    row->opens ? 0 : -1);
	assert_true(fault_clear());
	assert_no_file("box.lock");
}

/* --- what is in the way ------------------------------------------------ */

static void
make_link(void)
{
	unit_writes("other", "");
	assert_int_equal(symlink("other", "box"), 0);
}

static void
make_dangling(void)
{
	assert_int_equal(symlink("nowhere", "box"), 0);
}

static void
make_hard_link(void)
{
	unit_writes("other", "");
	assert_int_equal(link("other", "box"), 0);
}

static void
make_directory(void)
{
	assert_int_equal(mkdir("box", 0700), 0);
}

static void
make_fifo(void)
{
	assert_int_equal(mkfifo("box", 0600), 0);
}

static void
make_linked_queue(void)
{
	unit_writes("other", "");
	assert_int_equal(symlink("other", ".box.queue"), 0);
}

static const struct way_row {
	const char	*name;
	void		(*make)(void);
	enum err_kind	 kind;
} ways[] = {
	{ "a symbolic link is refused", make_link, ERR_REFUSED },
	{ "a dangling link is refused", make_dangling, ERR_REFUSED },
	{ "a file with two names is refused", make_hard_link, ERR_REFUSED },
	{ "a directory is refused", make_directory, ERR_REFUSED },
	{ "a FIFO is refused and not waited for", make_fifo, ERR_REFUSED },
	{ "a queue file that is a link is a failure", make_linked_queue,
	  ERR_TEMPORARY },
};

static void
check_way(void **state)
{
	const struct way_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	row->make();
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), -1);
	assert_int_equal(err.kind, row->kind);
	assert_no_file("box.lock");
	assert_no_file("nowhere");
}

/* --- locks ------------------------------------------------------------- */

static const struct lock_row {
	/* which is locked; NULL: a lock file is there */
	const char	*name, *file;
} locks[] = {
	{ "another's lock file keeps us out", NULL },
	{ "another's lock on the file keeps us out", "box" },
	{ "another's lock on the queue keeps us out", ".box.queue" },
};

static void
check_lock(void **state)
{
	const struct lock_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	SCOPED(drop_fd) int fd = -1;
	struct err err = { 0 };

	unit_writes("box", "");
	unit_writes(row->file ? row->file : "box.lock", "");
	if (row->file != NULL) {
		fd = open(row->file, O_RDWR);
		assert_int_equal(lock_try(fd, &err), 1);
	}
	assert_int_equal(open_box(MBOX_FILE_CREATE, 60, &f, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	if (row->file != NULL)
		assert_no_file("box.lock");
	drop_fd(&fd);
	if (row->file == NULL)
		unlink("box.lock");
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
}

static void
test_unlock(void **state)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE,
	    g = MBOX_FILE_NONE;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	assert_int_equal(mbox_file_unlock(&f, &err), 0);
	assert_int_not_equal(f.fd, -1);
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &g, &err), 0);
}

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
} faults[] = {
	{ "a queue file that cannot be opened gives all back", "openat", 1,
	  EMFILE },
	{ "a lock file that cannot be made gives all back", "linkat", 1,
	  ENOSPC },
	{ "a file that cannot be opened gives all back", "openat", 2, EMFILE },
	{ "a queue that cannot be looked at gives all back", "fstat", 1, EIO },
	{ "nor when it was waited for", "fstat", 2, EIO },
	{ "a file that cannot be looked at gives all back", "fstat", 3, EIO },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	unit_writes("box", "");
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_no_file("box.lock");
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
}

/* --- a queue file with other names -------------------------------------- */

static const struct names_row {
	const char	*name;
	const char	*others[2];	/* links to .box.queue */
	const char	*call;		/* that fails, once; NULL: none */
	int		 nth, error;
	bool		 replaced;
} names[] = {
	{ "a backup's name is left alone", { "backup" }, .replaced = true },
	{ "so it is beside a lock file that was left", { "backup", "box.lock" },
	  .replaced = true },
	{ "a lock file that was left is no other name", { "box.lock" },
	  .replaced = false },
	{ "nor is one that somebody takes away just then", { "box.lock" },
	  "fstatat", 2, ENOENT, .replaced = true },
	{ "a name that was given to another file means that one", { NULL },
	  "fstatat", 1, ENOENT, .replaced = false },
};

static void
check_names(void **state)
{
	const struct names_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };
	struct stat before, now, backup;
	char text[600] = "999999999\n";

	unit_writes("box", "old\n\n");
	{
		SCOPED(drop_mbox_file) struct mbox_file g = MBOX_FILE_NONE;
		assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &g, &err), 0);
		assert_int_equal(mbox_file_record(&g, 100, SLICE("From a\n"),
		    true, &err), 0);
		assert_int_equal(write(g.fd, "From a\nS: x", 11), 11);
		/* Nobody's: it is stale. */
		assert_int_equal(pwrite(g.queue, text, 11, 0), 11);
	}
	assert_int_equal(stat(".box.queue", &before), 0);
	for (size_t i = 0; i < 2 && row->others[i] != NULL; i++)
		assert_int_equal(link(".box.queue", row->others[i]), 0);
	if (row->call != NULL)
		fault_at(row->call, row->nth, row->error);
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	assert_true(row->call == NULL || fault_clear());
	/* The record came along. */
	assert_file("box", "old\n\n");
	assert_int_equal(mbox_file_record(&f, 100, SLICE("From b\n"), true,
	    &err), 0);
	assert_int_equal(stat(".box.queue", &now), 0);
	assert_int_equal(now.st_ino != before.st_ino, row->replaced);
	assert_int_equal(stat("box.lock", &backup), 0);
	assert_int_equal(backup.st_ino, now.st_ino);
	assert_no_file("..box.queue.new");
	if (row->others[0] == NULL || strcmp(row->others[0], "backup") != 0)
		return;
	int fd = open("backup", O_RDONLY);
	assert_true(pread(fd, text, sizeof text, 0) > 512);
	close(fd);
	assert_string_equal(text, "999999999\n");
	assert_memory_equal(text + 512, "append ", 7);
	assert_non_null(strstr(text + 512, "From a\n"));
}

static void
test_replaced_meanwhile(void **state)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	SCOPED(drop_fd) int old = -1;
	SCOPED(drop_fd) int new = -1;
	struct err err = { 0 };

	(void)state;
	unit_writes("box", "");
	unit_writes(".box.queue", "");
	unit_writes("backup", "");
	/* what a QUIT of the mbox "box.queue" is writing now */
	unit_writes(".box.queue.new", "another account's mail");
	old = open(".box.queue", O_RDWR);
	assert_int_equal(link(".box.queue", "other"), 0);
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	/* The old one is nobody's; the new one is held. */
	assert_int_equal(lock_try(old, &err), 1);
	new = open(".box.queue", O_RDWR);
	assert_int_equal(lock_try(new, &err), 0);
	assert_file(".box.queue.new", "another account's mail");
}

static const struct fault_row replacements[] = {
	{ "a new queue that cannot be made gives all back", "openat", 2,
	  ENOSPC },
	{ "so does one that cannot take the name", "renameat", 1, EIO },
	{ "and one whose name is not on disk", "fsync", 1, EIO },
};

static void
check_replacement(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	unit_writes("box", "");
	unit_writes(".box.queue", "");
	assert_int_equal(link(".box.queue", "backup"), 0);
	fault_at(row->call, row->nth, row->error);
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_no_file("box.lock");
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	assert_no_file("..box.queue.new");
	assert_file("backup", "");
}

/* --- the undo record --------------------------------------------------- */

static const struct undo_row {
	const char	*name, *before, *tail, *head;	/* the record's */
	size_t		 len;
	bool		 stays;
} undos[] = {
	{ "a torn tail is taken away", "old\n\n", "From a\nS: x", "From a\n",
	  100, false },
	{ "so it is within its From line", "old\n\n", "Fro", "From a\n", 100,
	  false },
	{ "so it is within its separator", "old", "\n", "\n\nFrom a\n", 100,
	  false },
	{ "so it is with its separator", "old", "\n\nFrom a\nS", "\n\nFrom a\n",
	  100, false },
	{ "so it is with a separator that begins with a CRLF", "old\r",
	  "\r\n\nFrom a\nS", "\r\n\nFrom a\n", 100, false },
	{ "a second message behind that separator stays", "old\r",
	  "\r\n\nFrom a\nS\nFrom b\n\n", "\r\n\nFrom a\n", 100, true },
	{ "so it is in an empty file", "", "From a\nS: x", "From a\n", 100,
	  false },
	{ "a whole message stays", "old\n\n", "From a\n\nx\n\n", "From a\n", 11,
	  true },
	{ "what is longer than the record says stays", "old\n\n",
	  "From a\n\nx\n\n", "From a\n", 8, true },
	{ "a tail that begins otherwise stays", "old\n\n", "From b\nS: x",
	  "From a\n", 100, true },
	{ "a tail with a second message stays", "old\n\n",
	  "From a\nS\nFrom b\n\n", "From a\n", 100, true },
	{ "so does one that begins within a line", "old\n\n",
	  "From a\nS\n\nxxFrom b@c  Thu Jan  1 00:00:00 1970\nS\n\n",
	  "From a\n", 100, true },
	{ "so does one behind a row of quotes", "old\n\n",
	  "From a\nS\n\nx>>From b Thu Jan 1 00:00 UTC 1970\n\n",
	  "From a\n", 100, true },
	{ "a quoted From line is the message's own", "old\n\n",
	  "From a\nS\n\n>>From b Thu Jan  1 00:00:00 1970\nx",
	  "From a\n", 100, false },
	{ "so are words that are no From line", "old\n\n",
	  "From a\nS\n\nx From here on Thu Jan 1 at 00:00:00\nx",
	  "From a\n", 100, false },
};

/* The first byte of the record: what a record begins with, or "-". */
static int
record_start(void)
{
	FILE *f = fopen(".box.queue", "r");

	assert_non_null(f);
	assert_int_equal(fseek(f, 512, SEEK_SET), 0);
	int c = fgetc(f);
	fclose(f);
	return c;
}

static void
check_undo(void **state)
{
	const struct undo_row *row = *state;
	SCOPED(drop_str) struct str whole = { 0 };
	struct err err = { 0 };

	unit_writes("box", row->before);
	{
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
		assert_int_equal(mbox_file_record(&f, row->len,
		    slice_of(row->head), true, &err), 0);
		assert_int_equal(write(f.fd, row->tail, strlen(row->tail)),
		    strlen(row->tail));
	}
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	str_addf(&whole, "%s%s", row->before, row->stays ? row->tail : "");
	assert_file("box", str_text(&whole));
	assert_int_equal(f.st.st_size, whole.len);
	assert_int_equal(record_start(), '-');
}

static void
check_second_at(size_t at, const char *second)
{
	SCOPED(drop_str) struct str tail = { 0 };
	struct err err = { 0 };
	struct stat st;

	str_adds(&tail, "From a\n");
	while (tail.len < at)
		str_addc(&tail, 'x');
	str_adds(&tail, second);
	unlink("box");
	unit_writes("box", "");
	{
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
		assert_int_equal(mbox_file_record(&f, 1000000,
		    SLICE("From a\n"), false, &err), 0);
		assert_int_equal(fd_write(f.fd, tail.s, tail.len), 0);
	}
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	assert_int_equal(stat("box", &st), 0);
	assert_int_equal(st.st_size, tail.len);
}

/* Around the ends of the pieces that are looked through. */
static void
test_far_second_message(void **state)
{
	(void)state;
	for (size_t at = 65536 - 530; at < 65536 + 3; at++) {
		if (at == 65536 - 500)
			at = 65536 - 270;
		if (at == 65536 - 250)
			at = 65536 - 45;
		check_second_at(at, "\nFrom b\n\n");
		check_second_at(at, "From b Thu Jan  1 00:00:00 1970\n\n");
	}
}

static void
test_replaced(void **state)
{
	struct err err = { 0 };

	(void)state;
	unit_writes("box", "");
	{
		SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
		assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
		assert_int_equal(mbox_file_record(&f, 100, SLICE("From a\n"),
		    false, &err), 0);
	}
	unit_writes("new", "From a\nS: x");
	assert_int_equal(rename("new", "box"), 0);
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	assert_int_equal(open_box(MBOX_FILE_CREATE, 1000, &f, &err), 0);
	assert_file("box", "From a\nS: x");
}

/* --- a tail that was to go ------------------------------------------------ */

static const struct cut_row {
	const char	*name, *tail;	/* '~' stands for a byte that is 0 */
	enum { STAYS, GOES, GONE } end;
	bool		 unnumbered;
} cuts[] = {
	{ "a tail that was to go goes", "From b\n\ny\n\n", GOES, false },
	{ "also when it began to", "~~~~~~~~~~~", GOES, false },
	{ "also when a part of it did", "~~~~~b\n\ny\n\n", GOES, false },
	{ "one that has gone is gone", "", GONE, false },
	{ "numbers that were not written for it stay", "From b\n\ny\n\n", GOES,
	    true },
	{ "one with mail behind it stays", "From b\n\ny\n\nFrom c\n\nz\n\n",
	  STAYS, false },
	{ "other mail in its place stays", "From d\n\ny\n\n", GONE, false },
	{ "and so does shorter mail", "From b\n\n\n", GONE, false },
};

static void
check_cut(void **state)
{
	const struct cut_row *row = *state;
	SCOPED(drop_str) struct str record = { 0 }, all = { 0 };
	size_t len = strlen(row->tail);
	struct err err = { 0 };
	struct stat st;

	str_addf(&all, "old\n\n%s", row->tail);
	for (size_t i = 0; i < all.len; i++)
		if (all.s[i] == '~')
			all.s[i] = '\0';
	unit_write("box", all.s, all.len);
	assert_int_equal(stat("box", &st), 0);
	while (record.len < MBOX_RECORD_AT)
		str_addc(&record, '-');
	str_addf(&record, "%s %llu 5 11 11\nFrom b\n\ny\n\n",
	    row->unnumbered ? "cut-off" : "cut",
	    (unsigned long long)st.st_ino);
	unit_write(".box.queue", record.s, record.len);
	unit_writes(".box.uids", "vmail-uids 2\ninode 7\ninode 0\n");
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	assert_int_equal(open_box(MBOX_FILE_EXISTING, 1000, &f, &err), 0);
	/* the numbers of the messages that have gone go with them */
	assert_file(".box.uids", row->end == STAYS ||
	    row->unnumbered ?
	    "vmail-uids 2\ninode 7\ninode 0\n" :
	    "vmail-uids 2\ninode 0\ninode 0\n");
	assert_int_equal(f.st.st_size, 5 + (row->end == GOES ? 0 : len));
	assert_int_equal(record_start(), '-');
}

static void
test_cut(void **state)
{
	SCOPED(drop_mbox_file) struct mbox_file f = MBOX_FILE_NONE;
	struct err err = { 0 };

	(void)state;
	unit_writes("box", "From a\n\nx\n\nFrom b\n\ny\n\n");
	assert_int_equal(open_box(MBOX_FILE_EXISTING, 1000, &f, &err), 0);
	assert_int_equal(mbox_file_cut(&f, 11, true, &err), 0);
	assert_file("box", "From a\n\nx\n\n");
	assert_int_equal(f.st.st_size, 11);
	assert_int_equal(record_start(), '-');
}

int
main(void)
{
	add_test("a new file is ours alone", test_create);
	add_test("a missing file is absent, and nothing is made", test_absent);
	add_test("in a foreign directory there is no queue file", test_foreign);
	add_rows(foreigns, check_foreign);
	add_rows(ways, check_way);
	add_rows(locks, check_lock);
	add_test("unlocking lets others in and keeps the descriptor",
	    test_unlock);
	add_rows(faults, check_fault);
	add_rows(names, check_names);
	add_test("a queue that was replaced is nobody's, and the new one held",
	    test_replaced_meanwhile);
	add_rows(replacements, check_replacement);
	add_rows(undos, check_undo);
	add_test("a second message is seen wherever it begins",
	    test_far_second_message);
	add_rows(cuts, check_cut);
	add_test("a tail is cut off", test_cut);
	add_test("a record of another file counts for nothing", test_replaced);
	return run_all();
}
