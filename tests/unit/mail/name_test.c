/* name_test.c: what may be the name of an account or of a domain. */
#include "../unit.h"


#include "name.h"
#include "scope.h"

#define TEN	"abcdefghij"
#define SIXTY	TEN TEN TEN TEN TEN TEN

static const struct account_row {
	const char	*name, *given;
	bool		 passes;
} accounts[] = {
	{ "account: letters, digits, dot, underscore and hyphen", "Joe.b_c-9",
	  true },
	{ "account: one letter", "j", true },
	{ "account: nothing is no name", "", false },
	{ "account: 64 bytes", SIXTY "abcd", true },
	{ "account: 65 bytes are too many", SIXTY "abcde", false },
	{ "account: letters with accents", "j\xC3\xBCrgen", true },
	{ "account: 64 bytes of UTF-8 count as bytes", SIXTY "ab\xC3\xBC",
	  true },
	{ "account: the 65th byte within a letter", SIXTY "abc\xC3\xBC",
	  false },
	{ "account: four bytes of UTF-8", "\xF0\x9F\x90\xB8", true },
	{ "account: a digit first", "9lives", true },
	{ "account: no dot first", ".joe", false },
	{ "account: no hyphen first", "-joe", false },
	{ "account: an underscore first", "_joe", true },
	{ "account: a dot last", "joe.", true },
	{ "account: no two dots together", "joe..b", false },
	{ "account: no directory above", "..", false },
	{ "account: no directory itself", ".", false },
	{ "account: no slash", "a/b", false },
	{ "account: no path upwards", "../x", false },
	{ "account: no blank", "a b", false },
	{ "account: no tab", "a\tb", false },
	{ "account: no newline", "a\nb", false },
	{ "account: no delete byte", "a\x7F", false },
	{ "account: no colon", "a:b", false },
	{ "account: no plus", "joe+x", false },
	{ "account: no per cent sign", "a%b", false },
	{ "account: no at sign", "joe@a", false },
	{ "account: no quotation mark", "\"joe\"", false },
	{ "account: not the limit's file", "joe.quota", false },
	{ "account: not the limit's file in another case", "joe.QuotA", false },
	{ "account: not the lock's file", "joe.lock", false },
	{ "account: not the lock's file in another case", "joe.LOCK", false },
	{ "account: quota without a dot is a name", "quota", true },
	{ "account: lock within a name", "joe.locks", true },
	{ "account: a byte that is no UTF-8", "jo\xFF", false },
	{ "account: a continuation alone", "jo\x80", false },
	{ "account: a sequence that is cut off", "jo\xC3", false },
	{ "account: a sequence of three that is cut off", "jo\xE2\x82", false },
	{ "account: a sequence that is followed by ASCII", "jo\xC3g", false },
	{ "account: no overlong slash of two bytes", "a\xC0\xAF" "b", false },
	{ "account: no overlong slash of three bytes", "a\xE0\x80\xAF" "b",
	  false },
	{ "account: no overlong slash of four bytes", "a\xF0\x80\x80\xAF" "b",
	  false },
	{ "account: no surrogate", "\xED\xA0\x80", false },
	{ "account: nothing beyond U+10FFFF", "\xF4\x90\x80\x80", false },
	{ "account: the last one, U+10FFFF", "\xF4\x8F\xBF\xBF", true },
	{ "account: a lead byte that is none", "\xF5\x80\x80\x80", false },
	{ "account: no control character of U+0080 to U+009F", "a\xC2\x85",
	  false },
	{ "account: U+00A0 is none of them", "a\xC2\xA0", true },
};

static void
check_account(void **state)
{
	const struct account_row *row = *state;

	assert_int_equal(name_is_account(slice_of(row->given)), row->passes);
}

static void
nul_in_account(void **state)
{
	(void)state;
	assert_false(name_is_account(SLICE("joe\0x")));
}

#define LABEL63	SIXTY "abc"
#define NAME253	LABEL63 "." LABEL63 "." LABEL63 "." SIXTY "a"

static const struct domain_row {
	const char	*name, *given;
	const char	*canonical;	/* NULL: it can be no domain */
} domains[] = {
	{ "domain: a plain name", "a.test", "a.test" },
	{ "domain: one label", "localhost", "localhost" },
	{ "domain: upper case becomes lower", "A.Test", "a.test" },
	{ "domain: the dot at the end goes", "a.test.", "a.test" },
	{ "domain: but one dot only", "a.test..", NULL },
	{ "domain: a dot alone", ".", NULL },
	{ "domain: nothing", "", NULL },
	{ "domain: an empty label", "a..test", NULL },
	{ "domain: an empty first label", ".test", NULL },
	{ "domain: an underscore", "_a.test", "_a.test" },
	{ "domain: a label that begins with a hyphen", "a.-b.test", NULL },
	{ "domain: a label of 63 bytes", LABEL63 ".test", LABEL63 ".test" },
	{ "domain: a label of 64 bytes", LABEL63 "d.test", NULL },
	{ "domain: 253 bytes", NAME253, NAME253 },
	{ "domain: 254 bytes", NAME253 "b", NULL },
	{ "domain: 253 bytes and a dot", NAME253 ".", NAME253 },
	{ "domain: a path", "../etc", NULL },
	{ "domain: a slash", "a/b", NULL },
	{ "domain: a blank", "a b", NULL },
	{ "domain: an address literal", "[1.2.3.4]", NULL },
	{ "domain: a newline", "a\n.test", NULL },
	{ "domain: files is the spool's own", "files", NULL },
	{ "domain: FILES, too", "FILES", NULL },
	{ "domain: files with a dot, too", "files.", NULL },
	{ "domain: files.test is a domain", "files.test", "files.test" },
	{ "domain: an A-label stays", "xn--bcher-kva.test",
	  "xn--bcher-kva.test" },
	{ "domain: an A-label in upper case", "XN--BCHER-KVA.test",
	  "xn--bcher-kva.test" },
};

static void
check_domain(void **state)
{
	const struct domain_row *row = *state;
	SCOPED(drop_str) struct str out = { 0 };
	struct err err = { 0 };

	str_adds(&out, "before ");
	int result = name_canonical_domain(slice_of(row->given), &out, &err);
	if (row->canonical != NULL) {
		assert_int_equal(result, 0);
		assert_string_equal(str_text(&out) + 7, row->canonical);
		assert_true(name_is_domain(slice_of(row->canonical)));
	} else {
		assert_int_equal(result, -1);
		assert_err(err, ERR_INVALID, "not a domain name");
		assert_string_equal(str_text(&out), "before ");
	}
}

static void
nul_in_domain(void **state)
{
	SCOPED(drop_str) struct str out = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(name_canonical_domain(SLICE("a.test\0b"), &out, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_false(name_is_domain(SLICE("a.test\0b")));
}

static void
upper_case_is_not_stored(void **state)
{
	(void)state;
	assert_false(name_is_domain(SLICE("A.test")));
}

int
main(void)
{
	add_rows(accounts, check_account);
	add_test("account: no NUL byte", nul_in_account);
	add_rows(domains, check_domain);
	add_test("domain: no NUL byte", nul_in_domain);
	add_test("domain: upper case is not how one is stored",
	    upper_case_is_not_stored);
	return run_all();
}
