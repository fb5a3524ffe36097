/* lmtp_envelope_test.c: what MAIL FROM, RCPT TO and BDAT say. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "lmtp_envelope.h"
#include "scope.h"

#define NO_PATH		"501 5.5.2 an address in angle brackets is needed"
#define CLINGS		"501 5.5.2 a blank is needed behind the address"
#define CONTROL		"501 5.1.7 a sender with control bytes in it"
#define SIZE		"501 5.5.4 SIZE= needs a number"
#define BODY		"501 5.5.4 BODY= is 7BIT or 8BITMIME"
#define TWICE		"501 5.5.4 a parameter stands there twice"
#define UNKNOWN		"555 5.5.4 unknown parameter of MAIL"
#define NEEDS_UTF8	"553 5.6.7 an 8-bit sender needs SMTPUTF8"

static const struct row {
	const char	*name;
	struct slice	 given;
	const char	*address;	/* NULL: refused */
	uint64_t	 size;
	bool		 utf8;
	const char	*refusal;
} rows[] = {
	/* the path */
	{ "an address", SLICE("<joe@a.test>"), .address = "joe@a.test" },
	{ "the null sender", SLICE("<>"), .address = "" },
	{ "blanks before the path", SLICE(" \t<joe@a.test>"),
	  .address = "joe@a.test" },
	{ "blanks behind the path", SLICE("<joe@a.test>  "),
	  .address = "joe@a.test" },
	{ "blanks within the path go", SLICE("< joe@a.test >"),
	  .address = "joe@a.test" },
	{ "a local part alone", SLICE("<joe>"), .address = "joe" },
	{ "an address literal", SLICE("<joe@[1.2.3.4]>"),
	  .address = "joe@[1.2.3.4]" },
	{ "an IPv6 literal's colons are no source route",
	  SLICE("<joe@[IPv6:::1]>"), .address = "joe@[IPv6:::1]" },
	{ "odd characters are not judged here",
	  SLICE("<a;b|c$(d)%e!f/../g@h@i>"),
	  .address = "a;b|c$(d)%e!f/../g@h@i" },
	{ "a source route goes", SLICE("<@a,@b:c@d>"), .address = "c@d" },
	{ "a blank behind a source route goes", SLICE("<@a: c@d>"),
	  .address = "c@d" },
	{ "a source route before a quoted local part",
	  SLICE("<@a:\"b:c>\"@d>"), .address = "\"b:c>\"@d" },
	{ "a colon in a quoted local part is no source route",
	  SLICE("<\"@a:b\"@c>"), .address = "\"@a:b\"@c" },
	{ "a quoted local part", SLICE("<\"a b\"@c>"),
	  .address = "\"a b\"@c" },
	{ "'>' in a quoted local part", SLICE("<\"a>b\"@c> SIZE=1"),
	  .address = "\"a>b\"@c", .size = 1 },
	{ "an escaped quotation mark, and '>' behind it",
	  SLICE("<\"a\\\">b\"@c>"), .address = "\"a\\\">b\"@c" },
	{ "an escaped backslash before the last quotation mark",
	  SLICE("<\"a\\\\\"@c> SIZE=2"), .address = "\"a\\\\\"@c", .size = 2 },
	{ "an escaped '>'", SLICE("<\"a\\>b\"@c>"),
	  .address = "\"a\\>b\"@c" },
	{ "a backslash outside quotes escapes nothing",
	  SLICE("<a\\> SIZE=3"), .address = "a\\", .size = 3 },
	{ "nothing", SLICE(""), .refusal = NO_PATH },
	{ "blanks alone", SLICE("   "), .refusal = NO_PATH },
	{ "no brackets", SLICE("joe@a.test"), .refusal = NO_PATH },
	{ "a name before the brackets", SLICE("Joe <joe@a.test>"),
	  .refusal = NO_PATH },
	{ "an opening bracket alone", SLICE("<"), .refusal = NO_PATH },
	{ "a closing bracket alone", SLICE("joe@a.test>"),
	  .refusal = NO_PATH },
	{ "no closing bracket", SLICE("<joe@a.test SIZE=1"),
	  .refusal = NO_PATH },
	{ "a quotation mark that is not closed", SLICE("<\"joe@a.test>"),
	  .refusal = NO_PATH },
	{ "a quotation mark that only an escape follows", SLICE("<\"joe\\"),
	  .refusal = NO_PATH },
	{ "an escaped quotation mark does not close",
	  SLICE("<\"joe\\\"@a.test>"), .refusal = NO_PATH },
	{ "brackets in brackets", SLICE("<<joe@a.test>>"),
	  .refusal = CLINGS },
	{ "a parameter that clings to the path", SLICE("<joe@a.test>SIZE=1"),
	  .refusal = CLINGS },
	{ "a tab behind the path", SLICE("<joe@a.test>\tSIZE=1"),
	  .refusal = CLINGS },
	{ "a CR behind the path", SLICE("<joe@a.test>\r"), .refusal = CLINGS },
	{ "a hyphen first", SLICE("<-f@d>"),
	  .refusal = "501 5.1.7 a sender that begins with '-'" },
	{ "a hyphen first, behind a source route", SLICE("<@a:-f@d>"),
	  .refusal = "501 5.1.7 a sender that begins with '-'" },
	{ "a hyphen first, behind a source route and a blank",
	  SLICE("<@a: -f@d>"),
	  .refusal = "501 5.1.7 a sender that begins with '-'" },
	{ "a source route to a blank is not the null sender", SLICE("<@a: >"),
	  .refusal = "501 5.1.7 a sender without a local part" },
	{ "a hyphen first, behind a blank", SLICE("< -f@d>"),
	  .refusal = "501 5.1.7 a sender that begins with '-'" },
	{ "no local part", SLICE("<@d>"),
	  .refusal = "501 5.1.7 a sender without a local part" },
	{ "a source route to nobody is not the null sender", SLICE("<@a:>"),
	  .refusal = "501 5.1.7 a sender without a local part" },
	/* bytes */
	{ "a NUL", SLICE("<a\0b@d>"), .refusal = CONTROL },
	{ "a NUL alone", SLICE("<\0>"), .refusal = CONTROL },
	{ "a CR", SLICE("<a\rb@d>"), .refusal = CONTROL },
	{ "an LF", SLICE("<a\nb@d>"), .refusal = CONTROL },
	{ "a tab", SLICE("<a\tb@d>"), .refusal = CONTROL },
	{ "an escape", SLICE("<a\033[0m@d>"), .refusal = CONTROL },
	{ "a delete byte", SLICE("<a\177@d>"), .refusal = CONTROL },
	{ "a control byte in a quoted local part", SLICE("<\"a\nb\"@d>"),
	  .refusal = CONTROL },
	{ "a control byte in a source route", SLICE("<@a\n:b@d>"),
	  .refusal = CONTROL },
	{ "8-bit bytes with SMTPUTF8",
	  SLICE("<j\xC3\xBCrgen@d\xC3\xB6m.test> SMTPUTF8"),
	  .address = "j\xC3\xBCrgen@d\xC3\xB6m.test", .utf8 = true },
	{ "8-bit bytes without SMTPUTF8", SLICE("<j\xC3\xBCrgen@d>"),
	  .refusal = NEEDS_UTF8 },
	{ "8-bit bytes in the domain without SMTPUTF8",
	  SLICE("<joe@d\xC3\xB6m.test> BODY=8BITMIME"), .refusal = NEEDS_UTF8 },
	{ "8-bit bytes in a source route without SMTPUTF8",
	  SLICE("<@\xFF:joe@d>"), .refusal = NEEDS_UTF8 },
	/* parameters */
	{ "every parameter", SLICE("<a@d> BODY=8BITMIME SMTPUTF8 SIZE=12"),
	  .address = "a@d", .size = 12, .utf8 = true },
	{ "parameters without case",
	  SLICE("<a@d> body=8bitmime smtputf8 size=12"),
	  .address = "a@d", .size = 12, .utf8 = true },
	{ "several blanks between parameters",
	  SLICE("<a@d>   SIZE=12   BODY=7BIT  "), .address = "a@d",
	  .size = 12 },
	{ "SIZE=0", SLICE("<a@d> SIZE=0"), .address = "a@d" },
	{ "SIZE= with zeros in front", SLICE("<a@d> SIZE=00012"),
	  .address = "a@d", .size = 12 },
	{ "SIZE=2^64-1", SLICE("<a@d> SIZE=18446744073709551615"),
	  .address = "a@d", .size = UINT64_MAX },
	{ "SIZE=2^64 does not become small",
	  SLICE("<a@d> SIZE=18446744073709551616"),
	  .address = "a@d", .size = UINT64_MAX },
	{ "SIZE=2^64+1 does not become small",
	  SLICE("<a@d> SIZE=18446744073709551617"),
	  .address = "a@d", .size = UINT64_MAX },
	{ "SIZE= of 20 digits", SLICE("<a@d> SIZE=99999999999999999999"),
	  .address = "a@d", .size = UINT64_MAX },
	{ "SIZE= of 21 digits", SLICE("<a@d> SIZE=000000000000000000001"),
	  .refusal = SIZE },
	{ "SIZE= without a number", SLICE("<a@d> SIZE="), .refusal = SIZE },
	{ "SIZE alone", SLICE("<a@d> SIZE"), .refusal = SIZE },
	{ "a negative SIZE=", SLICE("<a@d> SIZE=-1"), .refusal = SIZE },
	{ "a SIZE= with a plus", SLICE("<a@d> SIZE=+1"), .refusal = SIZE },
	{ "a hexadecimal SIZE=", SLICE("<a@d> SIZE=0x10"), .refusal = SIZE },
	{ "a SIZE= with a unit", SLICE("<a@d> SIZE=10k"), .refusal = SIZE },
	{ "a SIZE= with a NUL", SLICE("<a@d> SIZE=1\0"), .refusal = SIZE },
	{ "a SIZE= with a comma", SLICE("<a@d> SIZE=1,BODY=7BIT"),
	  .refusal = SIZE },
	{ "a SIZE= with a tab", SLICE("<a@d> SIZE=1\tBODY=7BIT"),
	  .refusal = SIZE },
	{ "SIZE= twice", SLICE("<a@d> SIZE=1 SIZE=1"), .refusal = TWICE },
	{ "BODY=7BIT", SLICE("<a@d> BODY=7BIT"), .address = "a@d" },
	{ "BODY=BINARYMIME", SLICE("<a@d> BODY=BINARYMIME"),
	  .refusal = BODY },
	{ "BODY= without a value", SLICE("<a@d> BODY="), .refusal = BODY },
	{ "BODY alone", SLICE("<a@d> BODY"), .refusal = BODY },
	{ "BODY= twice", SLICE("<a@d> BODY=7BIT body=8BITMIME"),
	  .refusal = TWICE },
	{ "SMTPUTF8 with a value", SLICE("<a@d> SMTPUTF8=1"),
	  .refusal = "501 5.5.4 SMTPUTF8 has no value" },
	{ "SMTPUTF8 with an empty value", SLICE("<a@d> SMTPUTF8="),
	  .refusal = "501 5.5.4 SMTPUTF8 has no value" },
	{ "SMTPUTF8 twice", SLICE("<a@d> SMTPUTF8 SMTPUTF8"),
	  .refusal = TWICE },
	{ "an unknown parameter", SLICE("<a@d> AUTH=<>"),
	  .refusal = UNKNOWN },
	{ "an unknown parameter behind known ones",
	  SLICE("<a@d> SIZE=1 RET=HDRS"), .refusal = UNKNOWN },
	{ "a parameter without a name", SLICE("<a@d> =1"),
	  .refusal = UNKNOWN },
	{ "the beginning of a parameter's name", SLICE("<a@d> SIZ=1"),
	  .refusal = UNKNOWN },
	{ "more than a parameter's name", SLICE("<a@d> SIZES=1"),
	  .refusal = UNKNOWN },
	{ "a parameter's name and a NUL", SLICE("<a@d> SMTPUTF8\0"),
	  .refusal = UNKNOWN },
	{ "a second path", SLICE("<a@d> <b@d>"), .refusal = UNKNOWN },
};

static const struct lmtp_path untouched = { { "", 1 }, 77, true };

static void
check_refused(int result, const struct lmtp_path *path, const char *refusal,
    const char *wanted)
{
	assert_int_equal(result, -1);
	assert_string_equal(refusal, wanted);
	assert_int_equal(path->address.len, untouched.address.len);
	assert_int_equal(path->size, untouched.size);
	assert_int_equal(path->utf8, untouched.utf8);
}

static void
check_mail(void **state)
{
	const struct row *row = *state;
	struct lmtp_path path = untouched;
	const char *refusal = NULL;

	int result = lmtp_parse_mail(row->given, &path, &refusal);
	if (row->refusal != NULL) {
		check_refused(result, &path, refusal, row->refusal);
		return;
	}
	assert_int_equal(result, 0);
	assert_true(slice_is(path.address, row->address));
	assert_int_equal(path.size, row->size);
	assert_int_equal(path.utf8, row->utf8);
}

/* The same bytes without their NUL behind them: nothing looks there. */
static void
check_mail_alone(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_str) struct str copy = { 0 };
	struct row alone = *row;

	str_addslice(&copy, row->given);
	str_addc(&copy, '>');
	alone.given = (struct slice){ copy.s, row->given.len };
	void *again = &alone;
	check_mail(&again);
}

static const struct row recipients[] = {
	{ "an address", SLICE("<joe@a.test>"), .address = "joe@a.test" },
	{ "a blank before it", SLICE(" <joe@a.test> "),
	  .address = "joe@a.test" },
	{ "a local part alone", SLICE("<postmaster>"),
	  .address = "postmaster" },
	{ "a source route goes", SLICE("<@a,@b:c@d>"), .address = "c@d" },
	{ "a source route to nobody is left to the resolver",
	  SLICE("<@a:>"), .address = "@a:" },
	{ "a hyphen first is left to the resolver", SLICE("<-f@d>"),
	  .address = "-f@d" },
	{ "an empty local part is left to the resolver", SLICE("<@d>"),
	  .address = "@d" },
	{ "'>' in a quoted local part", SLICE("<\"a>b\"@c>"),
	  .address = "\"a>b\"@c" },
	{ "8-bit bytes when MAIL had SMTPUTF8", SLICE("<j\xC3\xBCrgen@d>"),
	  .address = "j\xC3\xBCrgen@d", .utf8 = true },
	{ "8-bit bytes when it had not", SLICE("<j\xC3\xBCrgen@d>"),
	  .refusal = "553 5.6.7 an 8-bit recipient needs SMTPUTF8" },
	{ "empty brackets", SLICE("<>"),
	  .refusal = "501 5.1.3 an empty recipient" },
	{ "brackets around blanks", SLICE("<  >"),
	  .refusal = "501 5.1.3 an empty recipient" },
	{ "no brackets", SLICE("joe@a.test"), .refusal = NO_PATH },
	{ "nothing", SLICE(""), .refusal = NO_PATH },
	{ "two recipients", SLICE("<joe@a.test>,<ann@a.test>"),
	  .refusal = CLINGS },
	{ "a parameter", SLICE("<joe@a.test> NOTIFY=NEVER"),
	  .refusal = "555 5.5.4 unknown parameter of RCPT" },
	{ "a parameter of MAIL", SLICE("<joe@a.test> SIZE=1"),
	  .refusal = "555 5.5.4 unknown parameter of RCPT" },
	{ "a NUL", SLICE("<joe\0@a.test>"),
	  .refusal = "501 5.1.3 a recipient with control bytes in it" },
	{ "an LF", SLICE("<joe\n@a.test>"),
	  .refusal = "501 5.1.3 a recipient with control bytes in it" },
};

static void
check_rcpt(void **state)
{
	const struct row *row = *state;
	struct lmtp_path path = untouched;
	const char *refusal = NULL;

	int result = lmtp_parse_rcpt(row->given, row->utf8, &path, &refusal);
	if (row->refusal != NULL) {
		check_refused(result, &path, refusal, row->refusal);
		return;
	}
	assert_int_equal(result, 0);
	assert_true(slice_is(path.address, row->address));
	assert_int_equal(path.size, 0);
	assert_false(path.utf8);
}

/* --- BDAT: RFC 3030 ----------------------------------------------------- */

static const struct chunk_row {
	const char	*name;
	struct slice	 given;
	bool		 refused;
	uint64_t	 octets;
	bool		 last;
} chunks[] = {
	{ "BDAT: a number", SLICE("86"), .octets = 86 },
	{ "BDAT: a number and LAST", SLICE("86 LAST"), .octets = 86,
	  .last = true },
	{ "BDAT: LAST without case", SLICE("7 lAst"), .octets = 7,
	  .last = true },
	{ "BDAT: no octets", SLICE("0 LAST"), .last = true },
	{ "BDAT: zeros in front",
	  SLICE("0000000000000000000000000000000000000009"), .octets = 9 },
	{ "BDAT: blanks around its words", SLICE("  5   LAST  "), .octets = 5,
	  .last = true },
	{ "BDAT: 2^64-1", SLICE("18446744073709551615"),
	  .octets = UINT64_MAX },
	{ "BDAT: 2^64", SLICE("18446744073709551616"), .refused = true },
	{ "BDAT: 2^64 and LAST does not become small",
	  SLICE("18446744073709551621 LAST"), .refused = true },
	{ "BDAT: nothing", SLICE(""), .refused = true },
	{ "BDAT: a blank", SLICE(" "), .refused = true },
	{ "BDAT: LAST alone", SLICE("LAST"), .refused = true },
	{ "BDAT: a minus", SLICE("-1"), .refused = true },
	{ "BDAT: a plus", SLICE("+1"), .refused = true },
	{ "BDAT: a hexadecimal number", SLICE("0x10"), .refused = true },
	{ "BDAT: a unit", SLICE("1k"), .refused = true },
	{ "BDAT: a NUL behind the number", SLICE("1\0"), .refused = true },
	{ "BDAT: a CR behind the number", SLICE("1\r"), .refused = true },
	{ "BDAT: a NUL behind LAST", SLICE("1 LAST\0"), .refused = true },
	{ "BDAT: a tab for the blank", SLICE("1\tLAST"), .refused = true },
	{ "BDAT: the beginning of LAST", SLICE("1 LAS"), .refused = true },
	{ "BDAT: more than LAST", SLICE("1 LASTS"), .refused = true },
	{ "BDAT: LAST twice", SLICE("1 LAST LAST"), .refused = true },
	{ "BDAT: LAST first", SLICE("LAST 1"), .refused = true },
	{ "BDAT: two numbers", SLICE("1 2"), .refused = true },
};

static void
check_chunk(void **state)
{
	const struct chunk_row *row = *state;
	struct lmtp_chunk chunk = { 77, true };

	assert_int_equal(lmtp_parse_bdat(row->given, &chunk),
	    row->refused ? -1 : 0);
	assert_int_equal(chunk.octets, row->refused ? 77 : row->octets);
	assert_int_equal(chunk.last, row->refused || row->last);
}

/* --- lengths: RFC 5321 4.5.3.1 ------------------------------------------ */

static const struct length {
	const char	*name;
	size_t		 local, domain;
	bool		 taken;
} lengths[] = {
	{ "a local part of 64 bytes", 64, 6, true },
	{ "a domain of 255 bytes", 1, 255, true },
	{ "a path of 256 bytes with its brackets", 64, 189, true },
	{ "64 and 255 bytes together", 64, 255, true },
	{ "a longer local part is left to the resolver", 65, 6, true },
	{ "a longer domain is left to the resolver", 1, 300, true },
	{ "the longest path", 64, LMTP_PATH_MAX - 65, true },
	{ "a path that is one byte longer", 64, LMTP_PATH_MAX - 64, false },
};

static void
check_length(void **state)
{
	const struct length *row = *state;
	SCOPED(drop_str) struct str text = { 0 };
	struct lmtp_path path = { 0 };
	const char *refusal = NULL;
	int wanted = row->taken ? 0 : -1;

	str_addf(&text, "<%0*d@%0*d>", (int)row->local, 1, (int)row->domain,
	    1);
	assert_int_equal(lmtp_parse_mail(str_slice(&text), &path, &refusal),
	    wanted);
	if (!row->taken)
		assert_string_equal(refusal,
		    "501 5.1.7 the sender is too long");
	assert_int_equal(lmtp_parse_rcpt(str_slice(&text), false, &path,
	    &refusal), wanted);
	if (!row->taken)
		assert_string_equal(refusal,
		    "501 5.1.3 the recipient is too long");
	else
		assert_int_equal(path.address.len,
		    row->local + 1 + row->domain);
}

/* Every line that four of these bytes can make: a refusal is a reply. */
static void
test_short_lines(void **state)
{
	static const char bytes[] = "<>\"\\@: =-a\xFF";
	struct lmtp_path path;
	const char *refusal;
	size_t n = sizeof bytes;
	char line[4];

	(void)state;
	for (size_t i = 0; i < n * n * n * n; i++) {
		size_t rest = i;
		for (size_t j = 0; j < sizeof line; j++, rest /= n)
			line[j] = bytes[rest % n];
		struct slice text = { line, sizeof line };
		if (lmtp_parse_mail(text, &path, &refusal) == -1)
			assert_int_equal(refusal[0], '5');
		else
			assert_true(path.address.len < sizeof line);
		if (lmtp_parse_rcpt(text, true, &path, &refusal) == -1)
			assert_int_equal(refusal[0], '5');
		else
			assert_true(path.address.len > 0);
	}
}

static void
add(const char *command, const struct row *row, CMUnitTestFunction function)
{
	SCOPED(drop_str) struct str name = { 0 };

	str_addf(&name, "%s: %s", command, row->name);
	add_row(strdup(str_text(&name)), function, row);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		add("MAIL", &rows[i], check_mail);
		add("MAIL, cut off", &rows[i], check_mail_alone);
	}
	for (size_t i = 0; i < sizeof recipients / sizeof *recipients; i++)
		add("RCPT", &recipients[i], check_rcpt);
	add_rows(chunks, check_chunk);
	add_rows(lengths, check_length);
	add_test("no short line of odd bytes is a surprise",
	    test_short_lines);
	return run_all();
}
