/* password_test.c: what opens an account, and what never does. */
#include "../unit.h"

#include <crypt.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "password.h"
#include "scope.h"

#ifdef __SANITIZE_ADDRESS__
static const bool is_sanitized = true;
#else
static const bool is_sanitized = false;
#endif

/* completed by hash_of() */
static const char joes[] = "$6$rounds=1000$vmailtests$";

static const struct row {
	const char	*name;
	/* what the hash is of; NULL: hash is as it stands */
	const char	*password;
	const char	*hash;
	bool		 locked;
	struct slice	 given;
	bool		 matches;
} rows[] = {
	{ "the right password opens it", "secret", NULL, false, { "secret", 6 },
	  true },
	{ "a wrong one does not", "secret", NULL, false, { "Secret", 6 },
	  false },
	{ "nor does its beginning", "secret", NULL, false, { "secre", 5 },
	  false },
	{ "nor does more than it", "secret", NULL, false, { "secret ", 7 },
	  false },
	{ "what follows a NUL counts", "secret", NULL, false,
	  { "secret\0x", 8 }, false },
	{ "an empty password is one", "", NULL, false, { "", 0 }, true },
	{ "a locked account stays closed", "secret", NULL, true,
	  { "secret", 6 }, false },
	{ "no hash matches nothing", NULL, NULL, false, { "", 0 }, false },
	{ "an empty hash matches nothing", NULL, "", false, { "", 0 }, false },
	{ "a star matches nothing", NULL, "*", false, { "*", 1 }, false },
	{ "crypt's failure mark matches nothing", NULL, "*0", false,
	  { "*0", 2 }, false },
	{ "a plain password in its place matches nothing", NULL, "secret",
	  false, { "secret", 6 }, false },
	{ "a cut hash matches nothing", NULL, "$y$j9T$", false, { "", 0 },
	  false },
	{ "a bare salt matches nothing", NULL, "$6$rounds=1000$vmailtests$",
	  false, { "", 0 }, false },
};

static const struct age_row {
	const char	*name, *hash;
	bool		 old;
} ages[] = {
	{ "yescrypt is not old", "$y$j9T$abc$def", false },
	{ "nor is it with another cost", "$y$j75$abc$def", false },
	{ "nor is its Russian sister", "$gy$j9T$abc$def", false },
	{ "scrypt is", "$7$CU..../....abc$def", true },
	{ "SHA-512 is", "$6$rounds=1000$abc$def", true },
	{ "bcrypt is", "$2b$10$abc", true },
	{ "MD5 is", "$1$abc$def", true },
	{ "DES is", "abJnggxhB/yWI", true },
};

#define OF_10	"0123456789"
#define OF_20	OF_10 OF_10
#define OF_43	OF_20 OF_20 "abc"

static const struct known_row {
	const char	*name, *hash;
	bool		 known;
} knowns[] = {
	{ "a hash of yescrypt is known", "$y$j9T$abcd$" OF_43, true },
	{ "one of SHA-512 is", "$6$abcd$" OF_43 OF_43, true },
	{ "one of SHA-256 with its rounds is", "$5$rounds=1000$abcd$" OF_43,
	  true },
	{ "one of bcrypt is",
	  "$2y$10$abcdefghijklmnopqrstuu" OF_20 OF_10 "a", true },
	{ "one of MD5 is", "$1$abcd$" OF_20 "ab", true },
	{ "one of DES is", "abJnggxhB/yWI", true },
	{ "a cut one is none", "$6$abcd$" OF_43 OF_20, false },
	{ "one with more behind it is none", "$1$abcd$" OF_20 "abc", false },
	{ "a salt alone is none", "$6$abcd$", false },
	{ "a method alone is none", "$y$", false },
	{ "a word is none", "secret", false },
	{ "a word of thirteen letters and signs is none", "secret-secret",
	  false },
	{ "a method of nobody's is none", "$zz$abcd$" OF_43, false },
	{ "nothing is none", "", false },
	{ "a star is none", "*", false },
};

static void
check_known(void **state)
{
	const struct known_row *row = *state;

	assert_int_equal(password_is_known(row->hash), row->known);
}

static void
check_age(void **state)
{
	const struct age_row *row = *state;

	assert_int_equal(password_is_old(row->hash), row->old);
}

static bool
matches(const struct password *password, struct slice given)
{
	struct err err = { 0 };
	bool got;

	if (password_check(password, given, &got, &err) == -1)
		fail_msg("%s", err.text);
	return got;
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	static struct crypt_data data;
	const char *hash = row->password == NULL ? row->hash :
	    crypt_r(row->password, joes, &data);
	SCOPED(drop_password) struct password password = {
		.hash = hash == NULL ? NULL : mem_dup(hash, strlen(hash)),
		.locked = row->locked,
	};

	assert_int_equal(matches(&password, row->given), row->matches);
}

static double
seconds_of(const struct password *password)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	assert_false(matches(password, SLICE("wrong")));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	return (double)(end.tv_sec - begin.tv_sec) + (double)(
	    end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* A hash that is not computed takes microseconds. */
static void
test_time(void **state)
{
	SCOPED(drop_str) struct str hash = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(password_hash(SLICE("secret"), &hash, &err), 0);
	struct password right = { .hash = hash.s },
	    locked = { .hash = hash.s, .locked = true };
	char half[] = "$y$j9T$";
	struct password broken = { .hash = half };
	double one = seconds_of(&right);
	const struct password *const others[] = { NULL, &locked, &broken };
	for (size_t i = 0; i < 3; i++) {
		double other = seconds_of(others[i]);
		assert_true(other > one / 3 && other < one * 3);
	}
}

/* A process of its own, whose memory stays as small as it is; a sanitizer's
 * must grow. */
static void
test_memory(void **state)
{
	SCOPED(drop_str) struct str hash = { 0 };
	struct rlimit none = { 0, 0 };
	struct err err = { 0 };
	int status;
	bool got;

	(void)state;
	assert_int_equal(password_hash(SLICE("secret"), &hash, &err), 0);
	const struct password right = { .hash = hash.s };
	pid_t pid = fork();
	if (pid == 0) {
		int result = setrlimit(RLIMIT_AS, &none);
		if (result == 0 && password_check(&right, SLICE("secret"),
		    &got, &err) == -1 && err.kind == ERR_TEMPORARY &&
		    password_check(NULL, SLICE("secret"), &got, &err) == -1)
			_exit(0);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_longest(void **state)
{
	SCOPED(drop_str) struct str hash = { 0 };
	struct err err;
	char text[PASSWORD_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	struct slice longest = { text, PASSWORD_MAX },
	    longer = { text, PASSWORD_MAX + 1 };
	assert_int_equal(password_hash(longest, &hash, &err), 0);
	assert_memory_equal(hash.s, "$y$", 3);
	struct password password = { .hash = hash.s };
	assert_true(matches(&password, longest));
	assert_false(matches(&password, longer));
	assert_int_equal(password_hash(longer, &hash, &err), -1);
	assert_err(err, ERR_INVALID, "the password is longer than 511 bytes");
}

static void
test_refused(void **state)
{
	SCOPED(drop_str) struct str hash = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(password_hash(SLICE(""), &hash, &err), -1);
	assert_err(err, ERR_INVALID, "the password is empty");
	assert_int_equal(password_hash(SLICE("a\nb"), &hash, &err), -1);
	assert_err(err, ERR_INVALID,
	    "the password has a line end or a NUL in it");
	assert_int_equal(password_hash((struct slice){ "a\0b", 3 }, &hash,
	    &err), -1);
	assert_int_equal(hash.len, 0);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(ages, check_age);
	add_rows(knowns, check_known);
	add_test("where there is no hash to check one is computed all the same",
	    test_time);
	/* sanitizers take terabytes of addresses */
	if (!is_sanitized)
		add_test("for want of memory no password is wrong",
		    test_memory);
	add_test("a password of 511 bytes is the longest", test_longest);
	add_test("what cannot be typed again is no new password", test_refused);
	return run_all();
}
