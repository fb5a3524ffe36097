/* err_test.c: errors carry a kind and a sentence. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

static void
test_set(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_ABSENT, "no account '%s'", "joe"),
	    -1);
	assert_err(err, ERR_ABSENT, "no account 'joe'");
}

static void
test_sys(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&err, "open %s", "x"), -1);
	assert_err(err, ERR_TEMPORARY, "open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
}

static const struct open_row {
	const char	*name;
	int		 error;
	enum err_kind	 kind;
} opens[] = {
	{ "what cannot be opened because it is not there is absent", ENOENT,
	  ERR_ABSENT },
	{ "a link where none may be is refused", ELOOP, ERR_REFUSED },
	{ "a file in the place of a directory is refused", ENOTDIR,
	  ERR_REFUSED },
	{ "a directory in the place of a file is refused", EISDIR,
	  ERR_REFUSED },
	{ "a socket in the place of a file is refused", ENXIO, ERR_REFUSED },
	{ "anything else is temporary", EACCES, ERR_TEMPORARY },
};

static void
check_open(void **state)
{
	const struct open_row *row = *state;
	struct err err = { 0 };
	char wanted[100];

	errno = row->error;
	assert_int_equal(err_open(&err, "box"), -1);
	snprintf(wanted, sizeof wanted, "box: %s%s", strerror(row->error),
	    row->kind == ERR_REFUSED ? ": it is in the way" : "");
	assert_err(err, row->kind, wanted);
}

static void
test_within(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_fill(&err, ERR_REFUSED, "closed");
	assert_int_equal(err_within(&err, "%s:%d", "f", 3), -1);
	assert_err(err, ERR_REFUSED, "f:3: closed");
}

static void
test_cut(void **state)
{
	char endless[2000];
	struct err err = { 0 };

	(void)state;
	memset(endless, 'x', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	err_fill(&err, ERR_INVALID, "%s", endless);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	errno = EIO;
	err_fill_sys(&err, "%s", endless);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	err_fill_within(&err, "%s", endless);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

int
main(void)
{
	add_test("an error has its kind and its words", test_set);
	add_test("errno alone is always temporary, says why, and is kept",
	    test_sys);
	add_rows(opens, check_open);
	add_test("a place put before the words leaves the kind", test_within);
	add_test("text that does not fit is cut", test_cut);
	return run_all();
}
