/* maildrop_test.c: a maildrop, and what is left of it when a system call
 * fails. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "maildrop.h"
#include "mbox_file.h"
#include "mbox_proof.h"
#include "scope.h"

static const char three[] =
    "From a\nSubject: 1\n\none\n\n"
    "From b\nSubject: 2\n\n>From two\n\n"
    "From c\nSubject: 3\n\nthree\n\n";
/* What is left without some of them: without the second, the end, and all. */
static const struct {
	const char	*deleted, *left;
} ways[] = {
	{ "2", "From a\nSubject: 1\n\none\n\n"
	    "From c\nSubject: 3\n\nthree\n\n" },
	{ "23", "From a\nSubject: 1\n\none\n\n" },
	{ "123", "" },
};
enum { WAYS = sizeof ways / sizeof *ways };

static struct mailbox
mailbox_of(const struct mailbox_kind *kind)
{
	return (struct mailbox){
		.kind = kind, .who = { geteuid(), getegid() },
		.parent = unit_dir(), .name = "joe", .path = "joe",
		.lock_timeout = 1,
	};
}

static void
open_or_fail(const struct mailbox *mailbox, struct maildrop **drop)
{
	struct err err = { 0 };

	if (maildrop_open(mailbox, deadline_in(1000), drop, &err) == -1)
		fail_msg("%s", err.text);
}

static void
make_maildir(void)
{
	mkdir("joe", 0700);
	mkdir("joe/tmp", 0700);
	mkdir("joe/new", 0700);
	mkdir("joe/cur", 0700);
}

static void
assert_message(struct maildrop *drop, size_t index, const char *text,
    uint64_t octets)
{
	struct err err = { 0 };
	char got[MAILDROP_READ_MIN];

	ssize_t n = maildrop_read(drop, index, true, got, sizeof got, &err);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(maildrop_read(drop, index, false, got, sizeof got,
	    &err), 0);
	assert_int_equal(maildrop_measure(drop, index, &err), 0);
	assert_int_equal(drop->messages[index].octets, octets);
}

static void
test_mbox(void **state)
{
	struct mailbox mailbox = mailbox_of(&mbox_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;

	(void)state;
	unit_writes("joe", three);
	open_or_fail(&mailbox, &drop);
	assert_int_equal(drop->count, 3);
	assert_message(drop, 1, "Subject: 2\n\nFrom two\n", 24);
	assert_message(drop, 0, "Subject: 1\n\none\n", 19);
}

static void
test_maildir(void **state)
{
	struct mailbox mailbox = mailbox_of(&maildir_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;

	(void)state;
	make_maildir();
	unit_writes("joe/cur/2.x:2,S", "two\r\n");
	unit_writes("joe/new/10.x", "ten");
	open_or_fail(&mailbox, &drop);
	assert_int_equal(drop->count, 2);
	assert_message(drop, 0, "two\r\n", 5);
	assert_message(drop, 1, "ten", 5);
	assert_string_equal(drop->messages[1].uid, "10.x");
}

/* Dovecot and Courier write microseconds without leading zeros. */
static void
test_maildir_within_a_second(void **state)
{
	static const char *const uids[] = { "7.M9.x", "7.M9446P1.x",
	    "7.M11511P1.x", "7.M11511P2.x", "7.M011512P1.x", "8.M1.x" };
	enum { COUNT = sizeof uids / sizeof uids[0] };
	struct mailbox mailbox = mailbox_of(&maildir_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;

	(void)state;
	make_maildir();
	for (size_t i = 0; i < COUNT; i++) {
		SCOPED(drop_str) struct str path = { 0 };
		str_addf(&path, "joe/%s/%s", i % 2 ? "new" : "cur", uids[i]);
		unit_writes(str_text(&path), "\n");
	}
	open_or_fail(&mailbox, &drop);
	assert_int_equal(drop->count, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		assert_string_equal(drop->messages[i].uid, uids[i]);
}

static void
test_busy(void **state)
{
	struct mailbox mailbox = mailbox_of(&mbox_kind);
	SCOPED(drop_maildrop) struct maildrop *first = NULL;
	SCOPED(drop_maildrop) struct maildrop *second = NULL;
	struct err err = { 0 };

	(void)state;
	open_or_fail(&mailbox, &first);
	assert_int_equal(maildrop_open(&mailbox, deadline_in(0), &second, &err),
	    -1);
	assert_err(err, ERR_BUSY, "joe: another session has this mailbox open");
	drop_maildrop(&first);
	open_or_fail(&mailbox, &second);
}

static void
test_empty(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop = maildrop_empty();
	struct err err = { 0 };

	(void)state;
	assert_int_equal(drop->count, 0);
	assert_int_equal(maildrop_commit(drop, deadline_in(0), &err), 0);
}

static bool
file_is(const char *text)
{
	char got[4096];
	int fd = open("joe", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, got, sizeof got);

	if (fd != -1)
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(got, text, (size_t)n) == 0;
}

/* Whichever call of a deletion fails, all of it stands or none, and success
 * is told only when all of it stands. */
static const struct fault_row {
	const char	*name;
	const char	*call;
	int		 error;
} faults[] = {
	{ "a full disk at any write", "write", ENOSPC },
	{ "a read error at any pread", "pread", EIO },
	{ "an error of the disk at any fsync", "fsync", EIO },
	{ "a rename that fails", "renameat", EIO },
	{ "files that cannot be opened", "openat", EMFILE },
	{ "files that cannot be looked at", "fstat", EIO },
	{ "files that cannot be removed", "unlinkat", EACCES },
	{ "a mode that cannot be given", "fchmod", EPERM },
	{ "an end that cannot be cut off", "ftruncate", EIO },
	{ "a queue file that cannot be written", "pwrite", ENOSPC },
};

static bool
try_fault(const struct fault_row *row, int way, int nth)
{
	struct mailbox mailbox = mailbox_of(&mbox_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	SCOPED(drop_mbox_file) struct mbox_file again = MBOX_FILE_NONE;
	const char *left = ways[way].left;
	struct err err = { 0 };

	/* one that could not be removed */
	unlink("joe.lock");
	unit_writes("joe", three);
	open_or_fail(&mailbox, &drop);
	for (const char *p = ways[way].deleted; *p != '\0'; p++)
		drop->messages[*p - '1'].deleted = true;
	fault_at(row->call, nth, row->error);
	int result = maildrop_commit(drop, deadline_in(200), &err);
	bool happened = fault_clear();
	assert_true(file_is(three) || file_is(left));
	if (result == 0)
		assert_true(file_is(left));
	else
		assert_true(happened && err.text[0] != '\0');
	/* Whoever comes next finds it so, or ends what was begun. */
	unlink("joe.lock");
	assert_int_equal(mbox_file_open(unit_dir(), "joe", MBOX_FILE_EXISTING,
	    deadline_in(200), &again, &err), 0);
	assert_true(file_is(three) || file_is(left));
	return happened;
}

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	bool any = false;

	for (int way = 0; way < WAYS; way++) {
		bool happened = true;
		for (int nth = 1; happened && nth < 100; nth++) {
			happened = try_fault(row, way, nth);
			any = any || happened;
		}
		assert_false(happened);
	}
	assert_true(any);
}

static void
test_maildir_half(void **state)
{
	struct mailbox mailbox = mailbox_of(&maildir_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	struct err err = { 0 };

	(void)state;
	make_maildir();
	unit_writes("joe/new/1.x", "1\n");
	unit_writes("joe/new/2.x", "2\n");
	unit_writes("joe/new/3.x", "3\n");
	open_or_fail(&mailbox, &drop);
	drop->messages[0].deleted = drop->messages[2].deleted = true;
	fault_at("unlinkat", 1, EIO);
	assert_int_equal(maildrop_commit(drop, deadline_in(200), &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_file("joe/new/1.x", "1\n");
	assert_file("joe/new/2.x", "2\n");
	assert_no_file("joe/new/3.x");
	assert_false(drop->messages[0].removed);
	assert_true(drop->messages[2].removed);
}

/* Another program gave it flags; where it cannot be looked for it is not gone. */
static void
test_renamed(void **state)
{
	struct mailbox mailbox = mailbox_of(&maildir_kind);
	bool happened = true;

	(void)state;
	make_maildir();
	for (int nth = 1; happened; nth++) {
		SCOPED(drop_maildrop) struct maildrop *drop = NULL;
		struct err err = { 0 };
		unit_writes("joe/new/1.x", "1\n");
		open_or_fail(&mailbox, &drop);
		drop->messages[0].deleted = true;
		assert_int_equal(rename("joe/new/1.x", "joe/cur/1.x:2,S"), 0);
		fault_at("readdir", nth, EIO);
		int result = maildrop_commit(drop, deadline_in(200), &err);
		happened = fault_clear();
		assert_int_equal(result, happened ? -1 : 0);
		assert_int_equal(drop->messages[0].removed, !happened);
		assert_int_equal(unlink("joe/cur/1.x:2,S"), happened ? 0 : -1);
	}
}

static void
test_gone(void **state)
{
	struct mailbox mailbox = mailbox_of(&maildir_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	struct err err = { 0 };

	(void)state;
	make_maildir();
	unit_writes("joe/new/1.x", "1\n");
	unit_writes("joe/new/2.x", "2\n");
	open_or_fail(&mailbox, &drop);
	drop->messages[0].deleted = true;
	assert_int_equal(unlink("joe/new/1.x"), 0);
	assert_int_equal(maildrop_measure(drop, 0, &err), -1);
	assert_err(err, ERR_ABSENT,
	    "1.x: another program took the message away");
	assert_int_equal(maildrop_commit(drop, deadline_in(200), &err), 0);
	assert_false(drop->messages[0].removed);
	assert_file("joe/new/2.x", "2\n");
}

/* Of three twins the first is deleted: a file beside the mbox tells the others
 * apart. */
static void
test_uids_unread(void **state)
{
	static const char twin[] = "From a\nSubject: 1\n\none\n\n";
	static const char *const calls[] = { "openat", "fstat", "read" };
	struct mailbox mailbox = mailbox_of(&mbox_kind);
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	struct err err = { 0 };
	char uid[MAILDROP_UID_MAX + 1];

	(void)state;
	for (int i = 0; i < 3; i++)
		str_adds(&text, twin);
	unit_writes("joe", str_text(&text));
	open_or_fail(&mailbox, &drop);
	drop->messages[0].deleted = true;
	strcpy(uid, drop->messages[1].uid);
	assert_int_equal(maildrop_commit(drop, deadline_in(200), &err), 0);
	drop_maildrop(&drop);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		bool happened = true;
		for (int nth = 1; happened; nth++) {
			fault_at(calls[i], nth, EIO);
			int opened = maildrop_open(&mailbox, deadline_in(200),
			    &drop, &err);
			happened = fault_clear();
			if (opened == 0)
				assert_string_equal(drop->messages[0].uid, uid);
			drop_maildrop(&drop);
		}
	}
}

/* A file that gets the old one's inode number is not the old one. */
static void
test_uids_of_the_old_file(void **state)
{
	struct mailbox mailbox = mailbox_of(&mbox_kind);
	SCOPED(drop_maildrop) struct maildrop *drop = NULL;
	struct err err = { 0 };
	char head[32] = "";

	(void)state;
	unit_writes("joe", "From a\n\none\n\nFrom a\n\none\n\n");
	open_or_fail(&mailbox, &drop);
	drop->messages[0].deleted = true;
	assert_int_equal(maildrop_commit(drop, deadline_in(200), &err), 0);
	SCOPED(drop_fd) int fd = open(".joe.uids", O_RDONLY | O_CLOEXEC);
	assert_true(fd_read(fd, head, sizeof head - 1) > 0);
	const char *number = strstr(head, "inode ");
	assert_non_null(number);
	assert_int_equal(number[6], '0');
	assert_int_equal(strtoull(number + 6, NULL, 10), 0);
}

/* A change in the same second would have the same time. */
static void
test_whole_seconds(void **state)
{
	struct stat st = { .st_size = 1 };

	(void)state;
	st.st_ctim = (struct timespec){ time(NULL), 0 };
	struct mbox_state soon = mbox_state_of(&st);
	assert_false(mbox_is_unchanged(&soon, &st));
	st.st_ctim.tv_sec -= 3;
	struct mbox_state later = mbox_state_of(&st);
	assert_true(mbox_is_unchanged(&later, &st));
}

int
main(void)
{
	add_test("an mbox gives its messages in any order", test_mbox);
	add_test("a Maildir gives its messages in the order of their names",
	    test_maildir);
	add_test("what came to a Maildir in one second is told apart by "
	    "microseconds", test_maildir_within_a_second);
	add_test("one session at a time has the mailbox", test_busy);
	add_test("an empty maildrop has nothing to remove", test_empty);
	add_rows(faults, check_fault);
	add_test("of a Maildir the rest goes when one cannot",
	    test_maildir_half);
	add_test("of a Maildir what cannot be looked for is not gone",
	    test_renamed);
	add_test("of a Maildir what is gone is gone as was wished", test_gone);
	add_test("unique ids that cannot be read now are not made anew",
	    test_uids_unread);
	add_test("a file that gets the old one's inode number is not the old one",
	    test_uids_of_the_old_file);
	add_test("within two seconds nothing is unchanged where times are "
	    "whole ones", test_whole_seconds);
	return run_all();
}
