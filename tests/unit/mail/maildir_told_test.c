/* maildir_told_test.c: when a Maildir's names are believed about octets, and
 * what happens to one that lied. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildrop.h"
#include "scope.h"

static struct maildrop *
open_with(const char *file, const char *text)
{
	static struct mailbox mailbox;
	struct maildrop *drop = NULL;
	struct err err = { 0 };
	char path[512];

	mailbox = (struct mailbox){
		.kind = &maildir_kind, .who = { geteuid(), getegid() },
		.parent = unit_dir(), .name = "joe", .path = "joe",
		.lock_timeout = 1,
	};
	mkdir("joe", 0700);
	mkdir("joe/tmp", 0700);
	mkdir("joe/new", 0700);
	mkdir("joe/cur", 0700);
	snprintf(path, sizeof path, "joe/%s", file);
	unit_writes(path, text);
	if (maildrop_open(&mailbox, deadline_in(1000), &drop, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(drop->count, 1);
	return drop;
}

static void
assert_octets(struct maildrop *drop, uint64_t octets, bool told)
{
	struct err err = { 0 };

	if (maildrop_measure(drop, 0, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(drop->messages[0].octets, octets);
	assert_int_equal(drop->messages[0].told, told);
}

/* --- believed or not ------------------------------------------------------ */

/* The file has six bytes, which are seven octets: wherever nine are told that
 * is a lie, and who believes it has not read the file. */
static const char text[] = "a\r\nbc\n";

static const struct row {
	const char	*name, *file;
	bool		 told;
} rows[] = {
	{ "a name that can be true is believed", "new/1.h,S=6,W=9", true },
	{ "in cur, too", "cur/1.h,S=6,W=9:2,S", true },
	{ "in any order, among others", "cur/1.h,X=1,W=9,Y,S=6:2,S", true },
	{ "without the size nobody is", "new/1.h,W=9", false },
	{ "a name without octets is not asked", "new/1.h,S=6", false },
	{ "a file of another size is read", "new/1.h,S=5,W=9", false },
	{ "less than the file has cannot be", "new/1.h,S=6,W=5", false },
	{ "more than twice as much and one cannot be", "new/1.h,S=6,W=14",
	  false },
	{ "a number beyond all numbers is none",
	  "new/1.h,S=6,W=99999999999999999999", false },
	{ "what stands in the flags is none of it", "cur/1.h:2,S=6,W=9",
	  false },
	{ "one whose id would change with it is read",
	  "new/1 2.h,S=6,W=9", false },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with(row->file, text);

	assert_false(drop->messages[0].measured);
	assert_octets(drop, row->told ? 9 : 7, row->told);
}

static void
test_renamed(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=8", text);

	(void)state;
	assert_int_equal(rename("joe/new/1.h,S=6,W=8",
	    "joe/cur/1.h,S=6,W=9:2,"), 0);
	assert_octets(drop, 9, true);
}

static void
test_gone(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=9", text);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(unlink("joe/new/1.h,S=6,W=9"), 0);
	assert_int_equal(maildrop_measure(drop, 0, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void
test_cannot_be_looked_at(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=9", text);
	struct err err = { 0 };

	(void)state;
	fault_at("fstatat", 1, EIO);
	assert_int_equal(maildrop_measure(drop, 0, &err), -1);
	assert_true(fault_clear());
	assert_err(err, ERR_TEMPORARY, "1.h,S=6,W=9: Input/output error");
	assert_octets(drop, 9, true);
}

/* Of new and of cur: a message may be moved from the one to the other. */
static void
test_read_only(void **state)
{
	(void)state;
	for (int nth = 1; nth <= 2; nth++) {
		SCOPED(drop_maildrop) struct maildrop *drop =
		    open_with("new/1.h,S=6,W=9", text);
		fault_at("faccessat", nth, EROFS);
		assert_octets(drop, 7, false);
		assert_true(fault_clear());
	}
}

/* --- one that lied ------------------------------------------------------- */

static void
assert_disbelieved(struct maildrop *drop)
{
	struct err err = { 0 };

	if (maildrop_disbelieve(drop, 0, 7, &err) == -1)
		fail_msg("%s", err.text);
	assert_octets(drop, 7, false);
}

static const struct lie_row {
	const char	*name, *file, *later;
} lies[] = {
	{ "what lied is out of the name", "new/1.h,S=6,W=9", "new/1.h,S=6" },
	{ "flags and all else stay", "cur/1.h,A,W=9,S=6,B=1:2,RS",
	  "cur/1.h,A,S=6,B=1:2,RS" },
	{ "so often as it is there", "new/1.h,S=6,W=9,W=8", "new/1.h,S=6" },
};

static void
check_lie(void **state)
{
	const struct lie_row *row = *state;
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with(row->file, text);
	char later[512], got[MAILDROP_READ_MIN];
	struct err err = { 0 };

	assert_octets(drop, 9, true);
	assert_disbelieved(drop);
	snprintf(later, sizeof later, "joe/%s", row->later);
	assert_file(later, text);
	assert_string_equal(drop->messages[0].uid, "1.h");
	assert_int_equal(maildrop_read(drop, 0, true, got, sizeof got, &err),
	    strlen(text));
	drop->messages[0].deleted = true;
	assert_int_equal(maildrop_commit(drop, deadline_in(200), &err), 0);
	assert_no_file(later);
}

/* Another program gives it flags before it loses what lied. */
static void
test_renamed_first(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=9", text);

	(void)state;
	assert_octets(drop, 9, true);
	assert_int_equal(rename("joe/new/1.h,S=6,W=9",
	    "joe/cur/1.h,S=6,W=9:2,F"), 0);
	assert_disbelieved(drop);
	assert_file("joe/cur/1.h,S=6:2,F", text);
}

static void
test_mended_first(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=9", text);

	(void)state;
	assert_octets(drop, 9, true);
	assert_int_equal(rename("joe/new/1.h,S=6,W=9", "joe/cur/1.h,S=6:2,F"),
	    0);
	assert_disbelieved(drop);
	assert_file("joe/cur/1.h,S=6:2,F", text);
}

/* Nothing is replaced, and the octets are right for this session. */
static void
test_in_the_way(void **state)
{
	SCOPED(drop_maildrop) struct maildrop *drop =
	    open_with("new/1.h,S=6,W=9", text);
	struct err err = { 0 };

	(void)state;
	assert_octets(drop, 9, true);
	unit_writes("joe/new/1.h,S=6", "other\n");
	assert_int_equal(maildrop_disbelieve(drop, 0, 7, &err), -1);
	assert_err(err, ERR_TEMPORARY, "1.h,S=6,W=9: File exists");
	assert_octets(drop, 7, false);
	assert_file("joe/new/1.h,S=6", "other\n");
	assert_file("joe/new/1.h,S=6,W=9", text);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a name that another program gave since login is asked",
	    test_renamed);
	add_test("a message that is gone is gone", test_gone);
	add_test("one that cannot be looked at is asked again",
	    test_cannot_be_looked_at);
	add_test("where names cannot be changed none is believed",
	    test_read_only);
	add_rows(lies, check_lie);
	add_test("one that got flags meanwhile is found", test_renamed_first);
	add_test("one that another program mended is right", test_mended_first);
	add_test("a file that has the name already stays", test_in_the_way);
	return run_all();
}
