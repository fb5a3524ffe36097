/* account_test.c: accounts in passwd.D: which line counts, full names, who owns
 * the mail. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "scope.h"

static char warnings[2000];

static void
note(const char *text)
{
	snprintf(warnings + strlen(warnings),
	    sizeof warnings - strlen(warnings), "%s\n", text);
}

struct place {
	struct installation	 in;
	struct domain		 domain;
};

static void
drop_place(struct place *place)
{
	drop_installation(&place->in);
}

/* A domain a.test with this passwd file, in which ^ stands for a NUL; its
 * settings are nobody's business. */
static void
open_here(struct place *place, const char *passwd)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct err err = { 0 };

	str_adds(&text, passwd);
	for (size_t i = 0; i < text.len; i++)
		if (text.s[i] == '^')
			text.s[i] = '\0';
	unit_writes("vmail.conf", "main-domain = main.test\n");
	unit_write("passwd.a.test", str_text(&text), text.len);
	warnings[0] = '\0';
	if (installation_open(unit_path(), PROGRAM_VDELIVER, &place->in,
	    &err) == -1)
		fail_msg("%s", err.text);
	place->in.warn = note;
	place->domain = (struct domain){
		.in = &place->in, .accounts = &passwd_store, .name = "a.test",
		.file = "domain.a.test", .owner = { 7, 60000 },
	};
}

#define GOOD	"joe:x:60001:60000:Joe Lee,Room 3:/home/joe:/bin/sh\n"

static const struct row {
	const char	*name, *passwd, *look_for;
	/* "name uid gid full name home line", or NULL */
	const char	*wanted;
	enum err_kind	 kind;
	const char	*complaint;	/* behind the file's path */
} rows[] = {
	{ "an account", GOOD, "joe", "joe 60001 60000 [Joe Lee] /home/joe 1", 0,
	  NULL },
	{ "in any case", GOOD, "JOE", "joe 60001 60000 [Joe Lee] /home/joe 1",
	  0, NULL },
	{ "in its own spelling", "Joe:x:1:2:::\n", "joe", "Joe 1 2 []  1", 0,
	  NULL },
	{ "behind comments and others", "# joe:x:9:9:::\n\nann:x:2:2:::\n" GOOD,
	  "joe", "joe 60001 60000 [Joe Lee] /home/joe 4", 0, NULL },
	{ "the first of two", "joe:x:1:1:::\njoe:x:2:2:::\n", "joe",
	  "joe 1 1 []  1", 0, NULL },
	{ "without a last newline", "joe:x:1:2:::", "joe", "joe 1 2 []  1", 0,
	  NULL },
	{ "with CRLF", "joe:x:1:2::/h:/s\r\n", "joe", "joe 1 2 [] /h 1", 0,
	  NULL },
	{ "the largest ids", "joe:x:4294967294:4294967294:::\n", "joe",
	  "joe 4294967294 4294967294 []  1", 0, NULL },
	{ "& is the capitalised login", "joe:x:1:1:& Lee:/h:\n", "joe",
	  "joe 1 1 [Joe Lee] /h 1", 0, NULL },
	{ "two & are two logins", "joe:x:1:1:&&:/h:\n", "joe",
	  "joe 1 1 [JoeJoe] /h 1", 0, NULL },
	{ "& behind the comma is gone", "joe:x:1:1:Lee,&:/h:\n", "joe",
	  "joe 1 1 [Lee] /h 1", 0, NULL },
	{ "& of a login that begins with a digit", "9joe:x:1:1:&:/h:\n", "9joe",
	  "9joe 1 1 [9joe] /h 1", 0, NULL },
	{ "nobody of that name", GOOD, "ann", NULL, ERR_ABSENT,
	  ": has no account of this name" },
	{ "part of a name is nobody", GOOD, "jo", NULL, ERR_ABSENT, NULL },
	{ "more than a name is nobody", GOOD, "joey", NULL, ERR_ABSENT, NULL },
	{ "an empty file", "", "joe", NULL, ERR_ABSENT, NULL },
	{ "a name that can be none is not looked for", "../x:x:1:1:::\n",
	  "../x", NULL, ERR_ABSENT, NULL },
	{ "six fields", "joe:x:1:1::\n", "joe", NULL, ERR_INVALID,
	  ":1: an account's line has seven fields" },
	{ "eight fields", "joe:x:1:1::::\n", "joe", NULL, ERR_INVALID,
	  ":1: an account's line has seven fields" },
	{ "uid 0", "\njoe:x:0:1:::\n", "joe", NULL, ERR_INVALID,
	  ":2: no account can have user or group id 0 or 4294967295" },
	{ "gid 0", "joe:x:1:0:::\n", "joe", NULL, ERR_INVALID,
	  ":1: no account can have user or group id 0 or 4294967295" },
	{ "uid 4294967295", "joe:x:4294967295:1:::\n", "joe", NULL, ERR_INVALID,
	  ":1: no account can have user or group id 0 or 4294967295" },
	{ "uid 4294967296", "joe:x:4294967296:1:::\n", "joe", NULL, ERR_INVALID,
	  ":1: user id or group id is not a number" },
	{ "uid -1", "joe:x:-1:1:::\n", "joe", NULL, ERR_INVALID,
	  ":1: user id or group id is not a number" },
	{ "no uid", "joe:x::1:::\n", "joe", NULL, ERR_INVALID,
	  ":1: user id or group id is not a number" },
	{ "the first of two is broken", "joe:x:0:0:::\njoe:x:1:1:::\n", "joe",
	  NULL, ERR_INVALID, ":1: no account can have user or group id 0 or "
	  "4294967295" },
	{ "a blank before the name", "\n joe:x:1:1:::\n", "joe", NULL,
	  ERR_INVALID, ":2: no account can have this name" },
	{ "a tab before the name, in any case", "\tJoe:x:1:1:::\n", "joe",
	  NULL, ERR_INVALID, ":1: no account can have this name" },
	{ "a blank behind the name", "joe :x:1:1:::\n", "joe", NULL,
	  ERR_INVALID, ":1: no account can have this name" },
	{ "a NUL before the name", "^joe:x:1:1:::\n", "joe", NULL,
	  ERR_INVALID, ":1: a NUL byte is in the line" },
	{ "a NUL within the name", "jo^e:x:1:1:::\n", "joe", NULL,
	  ERR_INVALID, ":1: a NUL byte is in the line" },
	{ "a NUL behind the name", "joe:x:1:1:^::\n", "joe", NULL,
	  ERR_INVALID, ":1: a NUL byte is in the line" },
	{ "other separators", "joe;x;1;1;;;\n", "joe", NULL, ERR_INVALID,
	  ":1: an account's line has seven fields" },
	{ "blanks as separators", "joe x 1 1\n", "joe", NULL, ERR_INVALID,
	  ":1: an account's line has seven fields" },
	{ "the name alone", "joe", "joe", NULL, ERR_INVALID,
	  ":1: an account's line has seven fields" },
	{ "a whole address as name", "joe@a.test:x:1:1:::\n", "joe", NULL,
	  ERR_INVALID, ":1: no account can have this name" },
	{ "a good line behind a misspelt one", " joe:x:1:1:::\n" GOOD, "joe",
	  "joe 60001 60000 [Joe Lee] /home/joe 2", 0, NULL },
	{ "a misspelt line of part of the name", " jo:x:1:1:::\n", "joe", NULL,
	  ERR_ABSENT, NULL },
	{ "a misspelt line of a longer name", " joey:x:1:1:::\njoe.l;\n"
	  "joe\xC3\xA9;\n", "joe", NULL, ERR_ABSENT, NULL },
	{ "the name behind another word", "ann joe;x\n:joe:x:1:1::\n", "joe",
	  NULL, ERR_ABSENT, NULL },
	{ "a comment behind a blank", " #joe:x:1:1:::\n", "joe", NULL,
	  ERR_ABSENT, NULL },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *a = NULL;
	struct err err = { 0 };
	char got[500];

	open_here(&place, row->passwd);
	int result = account_find(&place.domain, &pool, slice_of(row->look_for),
	    &a, &err);
	if (row->wanted == NULL) {
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, row->kind);
		assert_null(a);
		if (row->kind == ERR_INVALID) {
			snprintf(got, sizeof got, "%s/passwd.a.test%s",
			    unit_path(), row->complaint);
			assert_string_equal(err.text, got);
		}
		return;
	}
	assert_int_equal(result, 0);
	snprintf(got, sizeof got, "%s %u %u [%s] %s %u", a->name,
	    (unsigned)a->ident.uid, (unsigned)a->ident.gid, a->full_name,
	    a->home, a->line);
	assert_string_equal(got, row->wanted);
	assert_ptr_equal(a->domain, &place.domain);
}

static void
no_file(void **state)
{
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *a = NULL;
	struct err err = { 0 };
	bool several;

	(void)state;
	open_here(&place, "");
	remove("passwd.a.test");
	assert_int_equal(account_find(&place.domain, &pool, SLICE("joe"), &a,
	    &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_int_equal(account_find_full_name(&place.domain, &pool,
	    SLICE("a.b"), &a, &several, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
}

static void
read_error(void **state)
{
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *a = NULL;
	struct err err = { 0 };

	(void)state;
	open_here(&place, GOOD);
	fault_at("read", 1, EIO);
	assert_int_equal(account_find(&place.domain, &pool, SLICE("joe"), &a,
	    &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_null(a);
}

/* What is passed over on the way to an account. */
static void
passed_over(void **state)
{
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str wanted = { 0 };
	struct account *a = NULL;
	struct err err = { 0 };

	(void)state;
	open_here(&place, "#x\n\nbad\n ann:x:1:1:::\nb^ob:x:1:1:::\n"
	    "sue:x:9:9:::\n-x:x:1:1:::\n" GOOD "worse\n");
	assert_int_equal(account_find(&place.domain, &pool, SLICE("joe"), &a,
	    &err), 0);
	static const char *const why[] = {
		"3: skipped: an account's line has seven fields",
		"4: skipped: no account can have this name",
		"5: skipped: a NUL byte is in the line",
		"7: skipped: no account can have this name",
	};
	for (size_t i = 0; i < sizeof why / sizeof why[0]; i++)
		str_addf(&wanted, "%s/passwd.a.test:%s\n", unit_path(),
		    why[i]);
	assert_string_equal(warnings, str_text(&wanted));
}

/* --- passwords --------------------------------------------------------- */

static const struct shadow_row {
	const char	*name, *shadow;
	const char	*hash;		/* NULL: nothing can match */
	bool		 expired;
	const char	*warning;	/* behind "shadow.a.test:" */
} shadows[] = {
	{ "expiry: an empty field is none", "joe:$y$h:1:0:99999:7:::\n",
	  "$y$h", false, NULL },
	{ "expiry: -1 is none, as old shadow tools wrote it",
	  "joe:$y$h:10792:0:99999:7:-1:-1:134540356\n", "$y$h", false, NULL },
	{ "expiry: every negative number is none", "joe:$y$h::::::-20000:\n",
	  "$y$h", false, NULL },
	{ "expiry: a day to come", "joe:$y$h::::::99999:\n", "$y$h", false,
	  NULL },
	{ "expiry: a day of the far future", "joe:$y$h::::::9999999999999:\n",
	  "$y$h", false, NULL },
	{ "expiry: a day in the past", "joe:$y$h::::::10000:\n", NULL, true,
	  NULL },
	{ "expiry: 0 is a day in the past", "joe:$y$h::::::0:\n", NULL, true,
	  NULL },
	{ "expiry: a word makes the line as if absent",
	  "joe:$y$h::::::never:\n", "$y$passwd", false,
	  "1: skipped: the day of expiry is not a number" },
	{ "expiry: a minus alone is no number", "joe:$y$h::::::-:\n",
	  "$y$passwd", false, "1: skipped: the day of expiry is not a number" },
	{ "expiry: the next line of the name counts then",
	  "joe:$y$h::::::1x:\njoe:$y$2:::::::\n", "$y$2", false,
	  "1: skipped: the day of expiry is not a number" },
	{ "shadow: too few fields are as if absent", "joe:$y$h::::\n",
	  "$y$passwd", false,
	  "1: skipped: a password's line has nine fields" },
	{ "shadow: a misspelt line is as if absent", " joe:$y$h:::::::\n",
	  "$y$passwd", false, NULL },
};

static void
check_shadow(void **state)
{
	const struct shadow_row *row = *state;
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str wanted = { 0 };
	struct account *a = NULL;
	SCOPED(drop_password) struct password password = { 0 };
	struct err err = { 0 };

	open_here(&place, "joe:$y$passwd:1:1:::\n");
	unit_writes("shadow.a.test", row->shadow);
	assert_int_equal(account_find(&place.domain, &pool, SLICE("joe"), &a,
	    &err), 0);
	assert_int_equal(account_password(&place.domain, a, &password,
	    &err), 0);
	if (row->hash == NULL) {
		assert_null(password.hash);
	} else {
		assert_non_null(password.hash);
		assert_string_equal(password.hash, row->hash);
	}
	assert_int_equal(password.locked, row->hash == NULL);
	assert_int_equal(password.expired, row->expired);
	if (row->warning != NULL)
		str_addf(&wanted, "%s/shadow.a.test:%s\n", unit_path(),
		    row->warning);
	assert_string_equal(warnings, str_text(&wanted));
}

static int
add_name(void *arg, const struct account *account, struct err *err)
{
	(void)err;
	str_addf(arg, "%s ", account->name);
	return 0;
}

static void
each(void **state)
{
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_str) struct str names = { 0 }, wanted = { 0 };
	struct err err = { 0 };

	(void)state;
	open_here(&place, "# "
	    "x\njoe:x:1:1:::\nbad\nann:x:0:1:::\n../x:x:1:1:::\n\nBob:x:2:2:::\n");
	assert_int_equal(account_each(&place.domain, add_name, &names, &err),
	    0);
	assert_string_equal(str_text(&names), "joe Bob ");
	str_addf(&wanted, "%s/passwd.a.test:3: skipped: ", unit_path());
	assert_non_null(strstr(warnings, str_text(&wanted)));
	str_cut(&wanted, 0);
	str_addf(&wanted, "%s/passwd.a.test:4: skipped: no account can have "
	    "user or group id 0 or" " 4294967295\n%s/passwd.a.test:5: skipped: "
	    "no account can have this name\n", unit_path(), unit_path());
	assert_non_null(strstr(warnings, str_text(&wanted)));
}

/* --- full names -------------------------------------------------------- */

static const struct key_row {
	const char	*name, *given;
	const char	*key;		/* NULL: fewer than two words */
} keys[] = {
	{ "key: two words", "Joe Lee", "joe.lee" },
	{ "key: dots and underscores are blanks", "joe_Lee.jr", "joe.lee.jr" },
	{ "key: runs are one", "Joe \t._ Lee", "joe.lee" },
	{ "key: none at the ends", " Joe Lee. ", "joe.lee" },
	{ "key: other bytes are exact", "J\xC3\x96 L-e", "j\xC3\x96.l-e" },
	{ "key: one word", "Joe", NULL },
	{ "key: one word with dots around", "..Joe__", NULL },
	{ "key: nothing", "", NULL },
	{ "key: blanks", " . ", NULL },
};

static void
check_key(void **state)
{
	const struct key_row *row = *state;
	SCOPED(drop_str) struct str key = { 0 };

	assert_int_equal(account_full_name_key(slice_of(row->given), &key),
	    row->key != NULL);
	if (row->key != NULL)
		assert_string_equal(str_text(&key), row->key);
}

static const struct full_row {
	const char	*name, *passwd, *look_for;
	const char	*wanted;	/* the account; NULL: absent */
	bool		 several;
} fulls[] = {
	{ "full name: found", "joe:x:1:1:Joe Lee:/h:\nann:x:2:2:Ann Lee:/h:\n",
	  "ann.lee", "ann", false },
	{ "full name: with &", "joe:x:1:1:& Lee,x:/h:\n", "JOE_LEE", "joe",
	  false },
	{ "full name: two of it",
	  "joe:x:1:1:Joe Lee:/h:\njl:x:2:2:joe.lee:/h:\n", "joe.lee", NULL,
	  true },
	{ "full name: three of it",
	  "a:x:1:1:J L:/h:\nb:x:2:2:J L:/h:\nc:x:3:3:J L:/h:\n", "j.l", NULL,
	  true },
	{ "full name: one of two is broken",
	  "joe:x:0:1:Joe Lee:/h:\njl:x:2:2:Joe Lee:/h:\n", "joe.lee", "jl",
	  false },
	{ "full name: one word never", "joe:x:1:1:postmaster:/h:\n",
	  "postmaster", NULL, false },
	{ "full name: not the login", "ann.lee:x:1:1:Some One:/h:\n", "ann.lee",
	  NULL, false },
};

static void
check_full(void **state)
{
	const struct full_row *row = *state;
	SCOPED(drop_place) struct place place = { 0 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct account *a = NULL;
	struct err err = { 0 };
	bool several = !row->several;

	open_here(&place, row->passwd);
	int result = account_find_full_name(&place.domain, &pool,
	    slice_of(row->look_for), &a, &several, &err);
	assert_int_equal(several, row->several);
	if (row->wanted != NULL) {
		assert_int_equal(result, 0);
		assert_string_equal(a->name, row->wanted);
	} else {
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_ABSENT);
	}
}

static void
identity(void **state)
{
	struct domain domain = { .owner = { 7, 60000 } };
	struct account account = { .domain = &domain, .ident = { 60001, 100 } };

	(void)state;
	assert_int_equal(account_identity(&account).uid, 60001);
	assert_int_equal(account_identity(&account).gid, 60000);
	domain.one_owner = true;
	assert_int_equal(account_identity(&account).uid, 7);
	assert_int_equal(account_identity(&account).gid, 60000);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a missing passwd file is temporary: nobody is unknown",
	    no_file);
	add_test("a read error is temporary, not an absent account",
	    read_error);
	add_test("lines that are passed over are named", passed_over);
	add_rows(shadows, check_shadow);
	add_test("every account is visited, lines that cannot be served are "
	    "named", each);
	add_rows(keys, check_key);
	add_rows(fulls, check_full);
	add_test("mail belongs to the account's uid and the domain's gid, or "
	    "to the one owner", identity);
	return run_all();
}
