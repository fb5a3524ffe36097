/* address_list_test.c: the addresses of a header field, as strangers write
 * them. */
#include "../unit.h"

#include "address_list.h"
#include "scope.h"

static const struct row {
	const char	*name, *given, *wanted;	/* "name<address>;..." */
} rows[] = {
	{ "one address", "a@b", "<a@b>;" },
	{ "none", "", "" },
	{ "blanks alone", " \t\r\n ", "" },
	{ "two", "a@b, c@d", "<a@b>;<c@d>;" },
	{ "empty members", ",, a@b,,", "<a@b>;" },
	{ "a name", "A B <a@b>", "A B<a@b>;" },
	{ "a quoted name with a comma", "\"A, B\" <a@b>", "\"A, B\"<a@b>;" },
	{ "a quoted name with an escaped quote", "\"A\\\", <x@y>\" <a@b>",
	  "\"A\\\", <x@y>\"<a@b>;" },
	{ "a comment before, behind and within",
	  "(x) a (y (z)) @ (w) b (v)", "<a@b>;" },
	{ "a comment with an escaped bracket", "(x\\) c@d) a@b", "<a@b>;" },
	{ "a comment within brackets", "A <a(x)@b>", "A<a@b>;" },
	{ "a group", "G: a@b, c@d;", "<a@b>;<c@d>;" },
	{ "a group and more", "G: a@b; , c@d", "<a@b>;<c@d>;" },
	{ "an empty group", "undisclosed-recipients:;", "" },
	{ "a route stays for the address's parser", "<@x,@y:a@b>",
	  "<@x,@y:a@b>;" },
	{ "folding", "A\r\n B\n <a\n @b>,\n\tc@d", "A   B<a@b>;<c@d>;" },
	{ "a quoted local part", "\"a b\"@c", "<\"a b\"@c>;" },
	{ "a quoted local part in brackets", "<\"a> b\"@c>", "<\"a> b\"@c>;" },
	{ "a domain literal with a comma", "a@[1,2]", "<a@[1,2]>;" },
	{ "an unclosed quote", "\"a, b@c", "<\"a, b@c>;" },
	{ "an unclosed comment", "a@b (c, d@e", "<a@b>;" },
	{ "an unclosed bracket", "A <a@b, c@d", "A<a@b,c@d>;" },
	{ "a closing bracket alone", "a@b>", "<a@b>>;" },
	{ "a backslash at the end", "\"a\\", "<\"a\\>;" },
	{ "brackets with nothing", "A <>", "" },
	{ "brackets with nothing, and another", "A <>, c@d", "<c@d>;" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_listed) struct listed listed = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct slice rest = slice_of(row->given);

	while (address_list_next(&rest, &listed))
		str_addf(&got, "%s<%s>;", str_text(&listed.name),
		    str_text(&listed.address));
	assert_string_equal(str_text(&got), row->wanted);
}

int
main(void)
{
	add_rows(rows, check_row);
	return run_all();
}
