/* maildir_name_test.c: what the name of a message in a Maildir tells. */
#include "../unit.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "maildir_name.h"
#include "maildir_uid.h"
#include "maildrop.h"
#include "scope.h"

enum { NONE = -1 };

static const struct row {
	const char	*name, *given, *unique;
	long long	 stored, octets;
	const char	*without;
} rows[] = {
	{ "a plain name tells nothing", "1.M2.h", "1.M2.h", NONE, NONE,
	  "1.M2.h" },
	{ "flags are none of it", "1.h:2,S=5,W=6", "1.h", NONE, NONE,
	  "1.h:2,S=5,W=6" },
	{ "a size is told", "1.h,S=5", "1.h", 5, NONE, "1.h,S=5" },
	{ "octets are told", "1.h,S=5,W=6", "1.h", 5, 6, "1.h,S=5" },
	{ "flags stay", "1.h,S=5,W=6:2,RS", "1.h", 5, 6, "1.h,S=5:2,RS" },
	{ "the order does not matter", "1.h,W=6,S=5", "1.h", 5, 6, "1.h,S=5" },
	{ "other parts stay", "1.h,X,W=6,Y=7:2,", "1.h", NONE, 6,
	  "1.h,X,Y=7:2," },
	{ "of several the first counts, and all go", "1.h,W=6,S=1,W=7,S=2",
	  "1.h", 1, 6, "1.h,S=1,S=2" },
	{ "a sign is no number", "1.h,S=+5,W=-6", "1.h", NONE, NONE,
	  "1.h,S=+5" },
	{ "nothing is no number", "1.h,S=,W=:2,S", "1.h", NONE, NONE,
	  "1.h,S=:2,S" },
	{ "digits and more are none", "1.h,S=5x,W=6 ", "1.h", NONE, NONE,
	  "1.h,S=5x" },
	{ "what no file can have is none", "1.h,S=9223372036854775808", "1.h",
	  NONE, NONE, "1.h,S=9223372036854775808" },
	{ "what one can have is one", "1.h,S=9223372036854775807", "1.h",
	  INT64_MAX, NONE, "1.h,S=9223372036854775807" },
	{ "small letters are something else", "1.h,s=5,w=6", "1.h", NONE, NONE,
	  "1.h,s=5,w=6" },
	{ "what begins a name is its unique name", "S=5,W=6", "S=5", NONE, 6,
	  "S=5" },
	{ "there may be no unique name", ",W=6:2,", "", NONE, 6, ":2," },
	{ "an empty part stays", "1.h,,W=6,", "1.h", NONE, 6, "1.h,," },
	{ "an empty name is one", "", "", NONE, NONE, "" },
};

static void
assert_number(const char *name, char letter, long long wanted)
{
	uint64_t got = 77;

	assert_int_equal(maildir_name_number(name, letter, &got),
	    wanted != NONE);
	assert_int_equal(got, wanted != NONE ? (uint64_t)wanted : 77);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str without = { 0 };

	assert_true(slice_is(maildir_unique(row->given), row->unique));
	assert_number(row->given, MAILDIR_STORED, row->stored);
	assert_number(row->given, MAILDIR_OCTETS, row->octets);
	maildir_name_without(row->given, MAILDIR_OCTETS, &without);
	assert_string_equal(str_text(&without), row->without);
	assert_number(str_text(&without), MAILDIR_OCTETS, NONE);
}

static void
test_new(void **state)
{
	SCOPED(drop_str) struct str one = { 0 }, two = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(maildir_name_new(&one, &err), 0);
	assert_int_equal(maildir_name_new(&two, &err), 0);
	assert_string_not_equal(str_text(&one), str_text(&two));
	assert_true(slice_equal(maildir_unique(str_text(&one)),
	    str_slice(&one)));
	maildir_name_add(&one, MAILDIR_STORED, UINT64_MAX / 2);
	maildir_name_add(&one, MAILDIR_OCTETS, 0);
	assert_number(str_text(&one), MAILDIR_STORED, INT64_MAX);
	assert_number(str_text(&one), MAILDIR_OCTETS, 0);
	assert_true(maildir_name_is_ours(str_text(&one)));
	assert_true(maildir_name_is_ours(str_text(&two)));
}

static void
test_ours(void **state)
{
	static const char *const others[] = {
		"", "1.M2P3Q4R01234567", "1.M2P3Q4R0123456.h", "1.M2P3Q4.h",
		"1.M2P3Q4R0123456g.h", "1.M2P3Q4R012345678.h",
		"x.M2P3Q4R01234567.h", "1700000000.M1P2.host,S=3,W=4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(maildir_name_is_ours(others[i]));
	assert_true(maildir_name_is_ours("1.M2P3Q4R01234567.h,S=3,W=4:2,S"));
}

/* In the test's own process: its host has another name from now on. */
static void
name_host(const char *host)
{
	if (unshare(CLONE_NEWUTS) == -1 && unshare(CLONE_NEWUSER |
	    CLONE_NEWUTS) == -1)
		skip();
	assert_int_equal(sethostname(host, strlen(host)), 0);
}

static void
new_on(const char *host, struct str *name)
{
	char uid[MAILDROP_UID_MAX + 1];
	struct err err = { 0 };

	name_host(host);
	assert_int_equal(maildir_name_new(name, &err), 0);
	assert_true(name->len <= MAILDROP_UID_MAX);
	assert_true(maildir_name_is_ours(str_text(name)));
	maildir_uid(str_text(name), uid);
	assert_string_equal(uid, str_text(name));
}

static const char *
host_of(const struct str *name)
{
	return strchr(strchr(str_text(name), '.') + 1, '.') + 1;
}

static void
test_host(void **state)
{
	static const char longest[] = "0123456789012345678901234567890123456789"
	    "012345678901234567890123";
	SCOPED(drop_str) struct str plain = { 0 }, odd = { 0 }, one = { 0 };
	SCOPED(drop_str) struct str two = { 0 }, again = { 0 }, all = { 0 };

	(void)state;
	new_on("mail.a.test", &plain);
	assert_string_equal(host_of(&plain), "mail.a.test");
	new_on("a/b:c,d", &odd);
	assert_string_equal(host_of(&odd), "a\\057b\\072c\\054d");
	new_on("ip-172-31-200-200.eu-central-1.compute.internal", &one);
	assert_memory_equal(host_of(&one), "ip-172-31-200", 13);
	new_on("ip-172-31-200-200.eu-central-2.compute.internal", &two);
	assert_string_not_equal(strchr(host_of(&one), '~'),
	    strchr(host_of(&two), '~'));
	new_on("ip-172-31-200-200.eu-central-1.compute.internal", &again);
	assert_string_equal(strchr(host_of(&one), '~'),
	    strchr(host_of(&again), '~'));
	new_on(longest, &all);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a new one is unique, and tells what is added", test_new);
	add_test("whatever the host's name is, a new one is a unique id",
	    test_host);
	add_test("one that another program made is not ours", test_ours);
	return run_all();
}
