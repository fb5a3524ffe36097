/* maildir_again_test.c: where the messages of a scan are now. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildir_again.h"
#include "mailbox.h"
#include "scope.h"

/* A Maildir with one message, new/1.h, which has been scanned. */
struct box {
	struct maildir		 dirs;
	struct maildir_scan	 scan;
	struct maildir_again	 again;
};

static void
drop_box(struct box *b)
{
	drop_maildir(&b->dirs);
	drop_maildir_scan(&b->scan);
	drop_maildir_again(&b->again);
}

static void
open_box(struct box *b)
{
	struct mailbox mailbox = {
		.kind = &maildir_kind, .who = { geteuid(), getegid() },
		.parent = unit_dir(), .name = "joe", .path = "joe",
	};
	struct err err = { 0 };

	if (maildir_open(&mailbox, true, &b->dirs, &err) == -1)
		fail_msg("%s", err.text);
	unit_writes("joe/new/1.h", "x\n");
	assert_int_equal(maildir_scan(&b->dirs, &b->scan, &err), 0);
	assert_int_equal(b->scan.count, 1);
}

static int
ask(struct box *b, struct err *err)
{
	return maildir_find_again(&b->dirs, &b->scan, &b->again,
	    &b->scan.entries[0], err);
}

static void
assert_found(struct box *b, const char *name, bool in_cur)
{
	struct err err = { 0 };

	if (ask(b, &err) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(b->scan.entries[0].name, name);
	assert_int_equal(b->scan.entries[0].in_cur, in_cur);
}

static void
test_moved(void **state)
{
	SCOPED(drop_box) struct box b = { .dirs = MAILDIR_NONE };

	(void)state;
	open_box(&b);
	rename("joe/new/1.h", "joe/cur/1.h,S=2:2,S");
	assert_found(&b, "1.h,S=2:2,S", true);
	/* the look still has it there: it is old */
	rename("joe/cur/1.h,S=2:2,S", "joe/cur/1.h:2,");
	assert_found(&b, "1.h:2,", true);
	rename("joe/cur/1.h:2,", "joe/new/1.h");
	assert_found(&b, "1.h", false);
}

static void
test_back(void **state)
{
	SCOPED(drop_box) struct box b = { .dirs = MAILDIR_NONE };

	(void)state;
	open_box(&b);
	assert_found(&b, "1.h", false);
	assert_found(&b, "1.h", false);
}

static void
test_others(void **state)
{
	SCOPED(drop_box) struct box b = { .dirs = MAILDIR_NONE };
	struct err err = { 0 };

	(void)state;
	open_box(&b);
	unit_writes("joe/cur/1.h:2,S", "y\n");
	unit_writes("joe/cur/1.g:2,S", "y\n");
	rename("joe/new/1.h", "joe/cur/1.h:2,T");
	assert_found(&b, "1.h:2,T", true);
	unlink("joe/cur/1.h:2,T");
	assert_int_equal(ask(&b, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "1.h:2,T: another file has its unique name now");
}

static void
test_gone(void **state)
{
	SCOPED(drop_box) struct box b = { .dirs = MAILDIR_NONE };
	struct err err = { 0 };

	(void)state;
	open_box(&b);
	unit_writes("joe/new/1.i", "y\n");
	unlink("joe/new/1.h");
	assert_int_equal(ask(&b, &err), -1);
	assert_err(err, ERR_ABSENT,
	    "1.h: another program took the message away");
	/* without another look, whatever comes */
	unit_writes("joe/new/1.j", "y\n");
	assert_int_equal(ask(&b, &err), -1);
	assert_int_equal(b.again.now.count, 1);
}

int
main(void)
{
	add_test("what was renamed is found, and again when that is old",
	    test_moved);
	add_test("what has its name again is where it was", test_back);
	add_test("another file with the unique name is not it", test_others);
	add_test("what was gone once is gone", test_gone);
	return run_all();
}
