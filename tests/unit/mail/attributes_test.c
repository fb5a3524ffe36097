/* attributes_test.c: what a line of attributes.D says, and who may do what. */
#include "../unit.h"

#include "attributes.h"

static const struct row {
	const char	*name, *line;
	int		 result;
	const char	*alias;
	enum attribute	 what;
	const char	*value;
} rows[] = {
	{ "a description is the rest of the line", "info: description = A = b ",
	  1, "info", ATTRIBUTE_DESCRIPTION, "A = b" },
	{ "owners are a list", "info:owners=ann, joe", 1, "info",
	  ATTRIBUTE_OWNERS, "ann, joe" },
	{ "membership is a word", " \tinfo : membership = open\r", 1, "info",
	  ATTRIBUTE_MEMBERSHIP, "open" },
	{ "a value may be empty", "info: description =", 1, "info",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "a name may stand in quotes", "\"a: \\\"b\\\\\" : owners = joe", 1,
	  "a: \"b\\", ATTRIBUTE_OWNERS, "joe" },
	{ "an empty line says nothing", "", 0, "", ATTRIBUTE_DESCRIPTION, "" },
	{ "a comment says nothing", " # info: owners = joe", 0, "",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "a line needs a colon", "info owners = joe", -1, "",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "it needs an alias", ": owners = joe", -1, "",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "quotes are closed", "\"info: owners = joe", -1, "",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "behind quotes comes a colon", "\"info\" x: owners = joe", -1,
	  "info", ATTRIBUTE_DESCRIPTION, "" },
	{ "it needs an equals sign", "info: owners joe", -1, "info",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "another name is no attribute", "info: colour = red", -1, "info",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "names are in small letters", "info: Owners = joe", -1, "info",
	  ATTRIBUTE_DESCRIPTION, "" },
	{ "control characters are none of it", "info: description = \033[m",
	  -1, "", ATTRIBUTE_DESCRIPTION, "" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct pool pool = { 0 };
	struct attribute_line line;
	const char *wrong = NULL;

	assert_int_equal(attribute_parse(slice_of(row->line), &pool, &line,
	    &wrong), row->result);
	assert_int_equal(wrong != NULL, row->result == -1);
	assert_string_equal(line.alias, row->alias);
	if (row->result == 1) {
		struct str again = { 0 };
		struct attribute_line copy;
		assert_int_equal(line.what, row->what);
		assert_true(slice_is(line.value, row->value));
		attribute_add(&again, line.alias, line.what, line.value);
		assert_int_equal(attribute_parse(str_slice(&again), &pool,
		    &copy, &wrong), 1);
		assert_string_equal(copy.alias, line.alias);
		assert_true(slice_equal(copy.value, line.value));
		drop_str(&again);
	}
	drop_pool(&pool);
}

/* --- who may ------------------------------------------------------------- */

static const struct right {
	const char	*name, *owners, *membership;
	enum deed	 deed;
	const char	*who;
	bool		 may;
} rights[] = {
	{ "an administrator makes aliases", "", "restricted", DEED_MAKE, NULL,
	  true },
	{ "an account makes none", "joe", "open", DEED_MAKE, "joe", false },
	{ "an administrator changes any", "", "restricted", DEED_CHANGE, NULL,
	  true },
	{ "an owner changes it", "ann joe", "restricted", DEED_CHANGE, "JOE",
	  true },
	{ "somebody else does not, be it open", "ann", "open", DEED_CHANGE,
	  "joe", false },
	{ "an owner names owners", "joe", "restricted", DEED_OWN, "joe",
	  true },
	{ "somebody else names none, be it open", "ann", "open", DEED_OWN,
	  "joe", false },
	{ "nobody but administrators names the first owner", "", "open",
	  DEED_OWN, "joe", false },
	{ "everybody joins an open one", "ann", "open", DEED_JOIN, "joe",
	  true },
	{ "everybody leaves an open one", "ann", "open", DEED_LEAVE, "joe",
	  true },
	{ "nobody joins a restricted one", "ann", "restricted", DEED_JOIN,
	  "joe", false },
	{ "nobody leaves a restricted one", "ann", "restricted", DEED_LEAVE,
	  "joe", false },
	{ "an owner joins a restricted one", "joe", "restricted", DEED_JOIN,
	  "joe", true },
	{ "an administrator lets into a restricted one", "ann", "restricted",
	  DEED_JOIN, NULL, true },
	{ "part of a name is no owner", "joey", "restricted", DEED_CHANGE,
	  "joe", false },
};

static void
check_right(void **state)
{
	const struct right *row = *state;
	struct attributes attributes = { 0 };
	struct pool pool = { 0 };
	struct err err = { 0 };

	assert_int_equal(attributes_set(&attributes, &pool, ATTRIBUTE_OWNERS,
	    slice_of(row->owners), &err), 0);
	assert_int_equal(attributes_set(&attributes, &pool,
	    ATTRIBUTE_MEMBERSHIP, slice_of(row->membership), &err), 0);
	assert_int_equal(attributes_allow(&attributes, row->deed, row->who,
	    &err), row->may ? 0 : -1);
	if (!row->may)
		assert_int_equal(err.kind, ERR_REFUSED);
	drop_pool(&pool);
}

static void
test_none(void **state)
{
	struct attributes none = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(attributes_allow(&none, DEED_JOIN, "joe", &err), -1);
	assert_string_equal(err.text, "only its owners and administrators let "
	    "somebody into an alias that is restricted");
}

static void
test_owners(void **state)
{
	struct attributes attributes = { 0 };
	struct pool pool = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(attributes_set(&attributes, &pool, ATTRIBUTE_OWNERS,
	    SLICE("ann,Ann joe"), &err), 0);
	assert_int_equal(attributes.owners.count, 2);
	attributes_replace_owner(&attributes, "ANN", NULL);
	assert_int_equal(attributes.owners.count, 1);
	assert_string_equal(attributes.owners.word[0], "joe");
	assert_int_equal(attributes_set(&attributes, &pool, ATTRIBUTE_OWNERS,
	    SLICE("../joe"), &err), -1);
	assert_int_equal(attributes.owners.count, 1);
	attributes_replace_owner(&attributes, "joe", "bob");
	assert_string_equal(attributes.owners.word[0], "bob");
	assert_int_equal(attributes_set(&attributes, &pool, ATTRIBUTE_OWNERS,
	    SLICE("bob ann"), &err), 0);
	attributes_replace_owner(&attributes, "ann", "Bob");
	assert_int_equal(attributes.owners.count, 1);
	drop_pool(&pool);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(rights, check_right);
	add_test("without attributes an alias is restricted", test_none);
	add_test("an owner stands once, and can be taken out or replaced", test_owners);
	return run_all();
}
