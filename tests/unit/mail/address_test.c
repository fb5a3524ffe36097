/* address_test.c: e-mail addresses, as text and as two parts. */
#include "../unit.h"

#include <string.h>

#include "address.h"
#include "scope.h"

#define NO_ADDRESS	"not an e-mail address"
#define HYPHEN		"an address that begins with '-'"
#define FORBIDDEN	"an address with NUL, CR or LF in it"

static const struct row {
	const char	*name, *given;
	const char	*local, *domain;	/* NULL: refused */
	const char	*complaint;
} rows[] = {
	{ "two parts", "joe@a.test", "joe", "a.test", NULL },
	{ "a local part alone", "joe", "joe", "", NULL },
	{ "angle brackets", "<joe@a.test>", "joe", "a.test", NULL },
	{ "blanks around and within the brackets", " < joe@a.test > ", "joe",
	  "a.test", NULL },
	{ "the domain is lower case, the local part as it is", "Joe@A.Test",
	  "Joe", "a.test", NULL },
	{ "a dot behind the domain", "joe@a.test.", "joe", "a.test", NULL },
	{ "a source route means its last address", "@a,@b:c@d", "c", "d",
	  NULL },
	{ "a source route in brackets", "<@relay.test:joe@a.test>", "joe",
	  "a.test", NULL },
	{ "a quoted local part", "\"a b\"@d", "a b", "d", NULL },
	{ "an escaped quotation mark", "\"a\\\"b\"@d", "a\"b", "d", NULL },
	{ "an escaped backslash", "\"a\\\\b\"@d", "a\\b", "d", NULL },
	{ "quotes that nothing needs", "\"joe\"@d", "joe", "d", NULL },
	{ "an at sign in quotes", "\"a@b\"@d", "a@b", "d", NULL },
	{ "a quoted local part alone", "\"a b\"", "a b", "", NULL },
	{ "an extension stays", "joe+x@d", "joe+x", "d", NULL },
	{ "a per cent sign means nothing", "a%b@d", "a%b", "d", NULL },
	{ "nor does an exclamation mark", "a!b@d", "a!b", "d", NULL },
	{ "nor a path", "../x@d", "../x", "d", NULL },
	{ "nor a slash", "a/b@d", "a/b", "d", NULL },
	{ "letters with accents", "j\xC3\xBCrgen@d", "j\xC3\xBCrgen", "d",
	  NULL },
	{ "bytes that are no UTF-8 stay", "j\xFFn@d", "j\xFFn", "d", NULL },
	{ "a domain literal is nobody's domain", "a@[1.2.3.4]", "a",
	  "[1.2.3.4]", NULL },
	{ "a domain that can be none keeps its spelling in lower case",
	  "a@B..C", "a", "b..c", NULL },
	{ "nothing", "", NULL, NULL, NO_ADDRESS },
	{ "empty brackets", "<>", NULL, NULL, NO_ADDRESS },
	{ "no local part", "@d", NULL, NULL, NO_ADDRESS },
	{ "an empty quoted local part", "\"\"@d", NULL, NULL, NO_ADDRESS },
	{ "no domain behind the at sign", "a@", NULL, NULL, NO_ADDRESS },
	{ "two at signs", "a@@d", NULL, NULL, NO_ADDRESS },
	{ "three parts", "a@b@c", NULL, NULL, NO_ADDRESS },
	{ "three parts, the first in quotes", "\"a\"@b@c", NULL, NULL,
	  NO_ADDRESS },
	{ "a quotation mark that is not closed", "\"a@d", NULL, NULL,
	  NO_ADDRESS },
	{ "a backslash that escapes nothing", "\"a\\", NULL, NULL, NO_ADDRESS },
	{ "something between the quotes and the at sign", "\"a\"b@d", NULL,
	  NULL, NO_ADDRESS },
	{ "a source route to nobody", "@a:", NULL, NULL, NO_ADDRESS },
	{ "a hyphen first", "-f@d", NULL, NULL, HYPHEN },
	{ "a hyphen first, in brackets", "<-f@d>", NULL, NULL, HYPHEN },
	{ "a hyphen first, in quotes", "\"-f\"@d", NULL, NULL, HYPHEN },
	{ "a hyphen first, behind a source route", "@a:-f@d", NULL, NULL,
	  HYPHEN },
	{ "a hyphen later", "a-f@d", "a-f", "d", NULL },
	{ "a CR", "a\rb@d", NULL, NULL, FORBIDDEN },
	{ "an LF", "a\nb@d", NULL, NULL, FORBIDDEN },
	{ "an LF at the end", "a@d\n", NULL, NULL, FORBIDDEN },
	{ "an escaped LF in quotes", "\"a\\\nb\"@d", NULL, NULL, FORBIDDEN },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address = { 0 };
	struct err err = { 0 };

	int result = address_parse(&pool, slice_of(row->given), &address, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		assert_err(err, ERR_INVALID, row->complaint);
		return;
	}
	assert_int_equal(result, 0);
	assert_string_equal(address.local, row->local);
	assert_string_equal(address.domain, row->domain);
}

static void
nul_in_address(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(address_parse(&pool, SLICE("a\0b@d"), &address, &err),
	    -1);
	assert_err(err, ERR_INVALID, FORBIDDEN);
}

static const struct text_row {
	const char	*name, *local, *domain, *text;
} texts[] = {
	{ "text: as it is", "joe", "a.test", "joe@a.test" },
	{ "text: without a domain", "joe", "", "joe" },
	{ "text: RFC 5322's other characters need no quotes",
	  "a+b/c=d!e#f$g%h&i'j*k?l^m_n`o{p|q}r~s-t", "d",
	  "a+b/c=d!e#f$g%h&i'j*k?l^m_n`o{p|q}r~s-t@d" },
	{ "text: a blank is quoted", "a b", "d", "\"a b\"@d" },
	{ "text: a quotation mark and a backslash are escaped", "a\"b\\c", "d",
	  "\"a\\\"b\\\\c\"@d" },
	{ "text: an at sign is quoted", "a@b", "d", "\"a@b\"@d" },
	{ "text: a comma is quoted", "a,b", "d", "\"a,b\"@d" },
	{ "text: a dot first is quoted", ".a", "d", "\".a\"@d" },
	{ "text: a dot last is quoted", "a.", "d", "\"a.\"@d" },
	{ "text: two dots are quoted", "a..b", "d", "\"a..b\"@d" },
	{ "text: letters with accents are not", "j\xC3\xBCrgen", "d",
	  "j\xC3\xBCrgen@d" },
	{ "text: an empty local part is quoted", "", "d", "\"\"@d" },
};

static void
check_text(void **state)
{
	const struct text_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address back = { 0 };
	struct err err = { 0 };

	assert_string_equal(address_text(&pool, row->local, row->domain),
	    row->text);
	if (row->local[0] == '\0')
		return;
	assert_int_equal(address_parse(&pool, slice_of(row->text), &back, &err),
	    0);
	assert_string_equal(back.local, row->local);
	assert_string_equal(back.domain, row->domain);
}

static const struct sender_row {
	const char	*name, *given, *sender, *complaint;
} senders[] = {
	{ "sender: an address", "joe@a.test", "joe@a.test", NULL },
	{ "sender: brackets go", "<joe@a.test>", "joe@a.test", NULL },
	{ "sender: nothing is the null sender", "", "", NULL },
	{ "sender: empty brackets are the null sender", "<>", "", NULL },
	{ "sender: so are brackets within brackets", "<< <>>>", "", NULL },
	{ "sender: MAILER-DAEMON is the null sender", "MAILER-DAEMON", "",
	  NULL },
	{ "sender: mailer-daemon in brackets, too", "<Mailer-Daemon>", "",
	  NULL },
	{ "sender: MAILER-DAEMON somewhere is an address",
	  "MAILER-DAEMON@a.test", "MAILER-DAEMON@a.test", NULL },
	{ "sender: a source route goes", "@r1.test,@r2.test:joe@a.test",
	  "joe@a.test", NULL },
	{ "sender: one in brackets, too", "<@r.test:joe@a.test>",
	  "joe@a.test", NULL },
	{ "sender: a source route to nobody is no null sender", "<@r.test:>",
	  "@r.test:", NULL },
	{ "sender: nor one to empty brackets", "@r.test:<>", "@r.test:<>",
	  NULL },
	{ "sender: a hyphen behind a source route", "@r.test:-oX@a.test", NULL,
	  "a sender that begins with '-'" },
	{ "sender: odd characters stay", "a;b|c$(d)@e", "a;b|c$(d)@e", NULL },
	{ "sender: a hyphen first", "-oX@a.test", NULL,
	  "a sender that begins with '-'" },
	{ "sender: a hyphen first, in brackets", "<-oX@a.test>", NULL,
	  "a sender that begins with '-'" },
	{ "sender: an LF", "a\nb@c", NULL,
	  "a sender with control bytes in it" },
	{ "sender: an LF at the end", "a@c\n", NULL,
	  "a sender with control bytes in it" },
	{ "sender: a CR", "a\rb@c", NULL, "a sender with control bytes in it" },
	{ "sender: an escape", "a\033b@c", NULL,
	  "a sender with control bytes in it" },
	{ "sender: a delete byte", "a\177b@c", NULL,
	  "a sender with control bytes in it" },
};

static void
check_sender(void **state)
{
	const struct sender_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *sender = NULL;
	struct err err = { 0 };

	int result = address_sender(&pool, slice_of(row->given), &sender, &err);
	if (row->complaint != NULL) {
		assert_int_equal(result, -1);
		assert_err(err, ERR_INVALID, row->complaint);
		assert_null(sender);
		return;
	}
	assert_int_equal(result, 0);
	assert_string_equal(sender, row->sender);
}

static const struct written_row {
	const char	*name, *sender;
	const char	*written;	/* NULL: as it is */
} writtens[] = {
	{ "written: an address stays", "Joe.x+y=z@Far.Test", NULL },
	{ "written: the null sender", "", NULL },
	{ "written: a bare word", "www-data", NULL },
	{ "written: an address literal", "a@[IPv6:2001:db8::1]", NULL },
	{ "written: 8-bit", "\xc3\xa9@\xc3\xa9.test", NULL },
	{ "written: needed quotes stay", "\"a b\"@c.test", NULL },
	{ "written: so do those that are not", "\"ab\"@c.test", NULL },
	{ "written: a hyphen stays in its quotes", "\"-x\"@c.test", NULL },
	{ "written: so it does alone", "\"-x\"", NULL },
	{ "written: brackets in the local part", "x> <y@z", "\"x> <y\"@z" },
	{ "written: brackets in the domain", "x@y> <z", "\"x@y> <z\"" },
	{ "written: blanks", "x y", "\"x y\"" },
	{ "written: a blank in the domain", "x@y z", "\"x@y z\"" },
	{ "written: open quotes", "\"x", "\"\\\"x\"" },
	{ "written: something behind quotes", "\"x\"y@z",
	  "\"\\\"x\\\"y@z\"" },
	{ "written: a backslash", "a\\b@c", "\"a\\\\b\"@c" },
	{ "written: no local part", "@c", "\"@c\"" },
	{ "written: an empty one", "\"\"@c", "\"\\\"\\\"@c\"" },
	{ "written: no domain", "a@", "\"a@\"" },
	{ "written: an empty label", "a@b..c", "\"a@b..c\"" },
	{ "written: a dot first", "a@.b", "\"a@.b\"" },
	{ "written: an open literal", "a@[1.2.3.4", "\"a@[1.2.3.4\"" },
	{ "written: an odd literal", "a@[1> <2]", "\"a@[1> <2]\"" },
};

static void
check_written(void **state)
{
	const struct written_row *row = *state;
	const char *wanted = row->written != NULL ? row->written : row->sender;
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str text = { 0 };

	address_add_sender(&text, row->sender);
	assert_string_equal(str_text(&text), wanted);
	assert_string_equal(address_option(&pool, row->sender),
	    row->sender[0] != '\0' ? wanted : "<>");
	/* What was written is written the same again. */
	str_cut(&text, 0);
	address_add_sender(&text, wanted);
	assert_string_equal(str_text(&text), wanted);
}

/* A long one, of count bytes of c and an end, that is written so many bytes
 * long; "so" is what goes to sendmail. */
static void
long_sender(void **state)
{
	static const struct {
		size_t		 count;
		const char	*unit, *end;
		size_t		 written;
		bool		 none;	/* for sendmail */
	} longs[] = {
		{ 311, "a", "@far.test", 320, false },
		{ 312, "a", "@far.test", 322, false },
		{ 321, "a", "@a b", 322, true },
		{ 321, "a", "", 322, true },
		{ 321, "a", " b", 322, true },
		{ 500, "\"", "@a b", 642, true },
		{ 200, "\xc3\xa9", " x@y z", 322, true },
		{ 1, "b", " x@y z", 9, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		SCOPED(drop_str) struct str sender = { 0 }, text = { 0 };
		for (size_t n = 0; n < longs[i].count; n++)
			str_adds(&sender, longs[i].unit);
		str_adds(&sender, longs[i].end);
		address_add_sender(&text, str_text(&sender));
		assert_int_equal(text.len, longs[i].written);
		assert_int_equal(strcmp(address_option(&pool,
		    str_text(&sender)), "<>") == 0, longs[i].none);
	}
}

static void
cut_sender(void **state)
{
	SCOPED(drop_str) struct str sender = { 0 }, text = { 0 };

	(void)state;
	/* A character of two bytes around the end is left out whole. */
	str_adds(&sender, "x");
	for (int i = 0; i < 200; i++)
		str_adds(&sender, "\xc3\xa9");
	address_add_sender(&text, str_text(&sender));
	assert_int_equal(text.len, 321);
	assert_int_equal((unsigned char)text.s[319], 0xA9);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a NUL byte", nul_in_address);
	add_rows(texts, check_text);
	add_rows(senders, check_sender);
	add_rows(writtens, check_written);
	add_test("written: a long one is cut", long_sender);
	add_test("written: and not within a character", cut_sender);
	return run_all();
}
