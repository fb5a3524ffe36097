/* ulabel_test.c: domain names in the letters of their language. */
#include "../unit.h"

#include "scope.h"
#include "ulabel.h"

static const struct row {
	const char	*name, *given;
	const char	*letters;	/* NULL: nothing is converted */
} rows[] = {
	{ "an umlaut", "xn--mller-kva.example", "m\u00fcller.example" },
	{ "the first label and the last", "xn--mller-kva.xn--mller-kva",
	  "m\u00fcller.m\u00fcller" },
	{ "letters alone", "xn--wgv71a.example", "\u65e5\u672c.example" },
	{ "the same beginning, more letters", "xn--wgv71a119e",
	  "\u65e5\u672c\u8a9e" },
	{ "another script", "xn--e1afmkfd",
	  "\u043f\u0440\u0438\u043c\u0435\u0440" },
	{ "a letter that comes twice", "xn--hxakic4aa",
	  "\u03b5\u03bb\u03bb\u03ac\u03b4\u03b1" },
	{ "one letter", "xn--tda", "\u00fc" },
	{ "hyphens among them", "xn---a-b-4g3b", "\u2603-a-b" },
	{ "four bytes of UTF-8", "xn--x-1w9q", "\U0001d49cx" },
	{ "upper case", "XN--MLLER-KVA.example", "M\u00fcLLER.example" },
	{ "an address, and more around it",
	  "<info@xn--mller-kva.example>, joe@a.test",
	  "<info@m\u00fcller.example>, joe@a.test" },
	{ "no label of that kind", "a.test", NULL },
	{ "nothing", "", NULL },
	{ "bytes that are no UTF-8 stay", "\xff\xfexn\x80", NULL },
	{ "the prefix alone", "xn--.test", NULL },
	{ "the prefix within a label", "axn--tda", NULL },
	{ "digits that are cut off", "xn--mller-kv", NULL },
	{ "a number beyond all letters", "xn--99999999", NULL },
	{ "a number that never ends", "xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzz",
	  NULL },
	{ "a surrogate", "xn--ib9b", NULL },
	{ "nothing behind the hyphen", "xn--abc-", NULL },
	{ "a wrong one beside a right one", "xn--mller-kv.xn--tda",
	  "xn--mller-kv.\u00fc" },
	{ "a label that is longer than any",
	  "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaa-kva", NULL },
};

static void
check(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };

	bool any = ulabel_add(&out, slice_of(row->given));
	assert_int_equal(any, row->letters != NULL);
	assert_string_equal(str_text(&out), any ? row->letters : row->given);
}

int
main(void)
{
	add_rows(rows, check);
	return run_all();
}
