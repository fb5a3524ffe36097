/* grants_test.c: what a line of grants.D says. */
#include "../unit.h"

#include "grants.h"

static const struct row {
	const char	*name, *line;
	int		 result;
	const char	*owner, *who;
	enum grant	 grant;
} rows[] = {
	{ "retrieve is a right", "ann: joe retrieve", 1, "ann", "joe",
	  GRANT_RETRIEVE },
	{ "all is a right", "ann: joe all", 1, "ann", "joe", GRANT_ALL },
	{ "none is no right", "ann: joe none", 1, "ann", "joe", GRANT_NONE },
	{ "blanks and tabs do not matter", " \tann :\t joe \t all ", 1, "ann",
	  "joe", GRANT_ALL },
	{ "the colon needs no blank", "ann:joe all", 1, "ann", "joe",
	  GRANT_ALL },
	{ "an empty line says nothing", "", 0, "", "", GRANT_NONE },
	{ "blanks say nothing", " \t", 0, "", "", GRANT_NONE },
	{ "a comment says nothing", "# ann: joe all", 0, "", "", GRANT_NONE },
	{ "a line needs a colon", "ann joe all", -1, "", "", GRANT_NONE },
	{ "it needs an owner", ": joe all", -1, "", "", GRANT_NONE },
	{ "it needs somebody", "ann: ", -1, "", "", GRANT_NONE },
	{ "it needs a right", "ann: joe", -1, "", "", GRANT_NONE },
	{ "it has one right", "ann: joe retrieve all", -1, "", "",
	  GRANT_NONE },
	{ "another word is no right", "ann: joe delete", -1, "", "",
	  GRANT_NONE },
	{ "rights are in small letters", "ann: joe ALL", -1, "", "",
	  GRANT_NONE },
	{ "a star is nobody", "ann: * all", -1, "", "", GRANT_NONE },
	{ "who has no domain", "ann: joe@a.test all", -1, "", "",
	  GRANT_NONE },
	{ "the owner has none", "ann@a.test: joe all", -1, "", "",
	  GRANT_NONE },
	{ "a path is no account", "../ann: joe all", -1, "", "", GRANT_NONE },
	{ "two owners are none", "ann bob: joe all", -1, "", "", GRANT_NONE },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct grant_line line = { .owner = { "", 0 }, .who = { "", 0 } };
	const char *wrong = NULL;

	assert_int_equal(grants_parse(slice_of(row->line), &line, &wrong),
	    row->result);
	assert_int_equal(wrong != NULL, row->result == -1);
	assert_true(slice_is(line.owner, row->owner));
	assert_true(slice_is(line.who, row->who));
	assert_int_equal(line.grant, row->grant);
}

static void
test_nul(void **state)
{
	struct grant_line line;
	const char *wrong;

	(void)state;
	assert_int_equal(grants_parse((struct slice){ "ann: joe\0 all", 13 },
	    &line, &wrong), -1);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a NUL byte is in nobody's name", test_nul);
	return run_all();
}
