/* dns_answer_test.c: what a name server answered. */
#include "../unit.h"

#include <string.h>

#include "connection.h"
#include "dns_answer.h"
#include "scope.h"

/* "a.test", class IN; a record begins with a pointer to that name. */
#define NAME	"\1a\4test\0"
#define ASKS(type)	"\x12\x34\1\0\0\1\0\0\0\0\0\0" NAME "\0" type "\0\1"
#define SAYS(flags, type, count) \
	"\x12\x34" flags "\0\1\0" count "\0\0\0\0" NAME "\0" type "\0\1"
#define RR(type, length)	"\xC0\x0C\0" type "\0\1\0\0\0\x3C\0" length
#define BYTES(text)	{ text, sizeof (text) - 1 }

static const struct row {
	const char		*name;
	struct slice		 question, message;
	enum dns_outcome	 outcome;
	/* each record, or the failure */
	const char		*wanted;
} rows[] = {
	{ "an address", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\1") RR("\1", "\4") "\x7F\0\0\1"),
	  DNS_FOUND, "127.0.0.1" },
	{ "an address of IPv6", BYTES(ASKS("\x1C")),
	  BYTES(SAYS("\x81\x80", "\x1C", "\1") RR("\x1C", "\x10")
	  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), DNS_FOUND, "::1" },
	{ "an MX, its name compressed", BYTES(ASKS("\x0F")),
	  BYTES(SAYS("\x81\x80", "\x0F", "\1") RR("\x0F", "\7")
	  "\0\x0A\2mx\xC0\x0C"), DNS_FOUND, "10 mx.a.test" },
	{ "a null MX", BYTES(ASKS("\x0F")),
	  BYTES(SAYS("\x81\x80", "\x0F", "\1") RR("\x0F", "\3") "\0\0\0"),
	  DNS_FOUND, "0 ." },
	{ "a dot in a label is none between two", BYTES(ASKS("\x0C")),
	  BYTES(SAYS("\x81\x80", "\x0C", "\1") RR("\x0C", "\6")
	  "\3x.y\xC0\x0C"),
	  DNS_FOUND, "0 x\\.y.a.test" },
	{ "a text of two strings", BYTES(ASKS("\x10")),
	  BYTES(SAYS("\x81\x80", "\x10", "\1") RR("\x10", "\6") "\2ab\0\1c"),
	  DNS_FOUND, "'abc'" },
	{ "two records", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\2") RR("\1", "\4") "\x7F\0\0\1"
	  RR("\1", "\4") "\x7F\0\0\2"), DNS_FOUND, "127.0.0.1 127.0.0.2" },
	{ "by another name", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\2") RR("\5", "\4") "\1b\xC0\x0E"
	  "\1b\xC0\x0E\0\1\0\1\0\0\0\x3C\0\4\x7F\0\0\1"), DNS_FOUND,
	  "127.0.0.1 (b.test)" },
	{ "no such name", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x83", "\1", "\0")),
	  DNS_NO_NAME, "" },
	{ "no such record", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\0")), DNS_NONE, "" },
	{ "records of another type are none", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\1") RR("\x1C", "\x10")
	  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), DNS_NONE, "" },
	{ "a name that is its own other name", BYTES(ASKS("\1")),
	  BYTES(SAYS("\x81\x80", "\1", "\1") RR("\5", "\2") "\xC0\x0C"),
	  DNS_FAILED, "its CNAMEs lead nowhere" },
	{ "a failure", BYTES(ASKS("\1")), BYTES(SAYS("\x81\x82", "\1", "\0")),
	  DNS_FAILED, "SERVFAIL" },
	{ "a failure without the question", BYTES(ASKS("\1")),
	  BYTES("\x12\x34\x81\x81\0\0\0\0\0\0\0\0"), DNS_FAILED, "FORMERR" },
	{ "the case of the question is no matter", BYTES(ASKS("\1")),
	  BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1A\4tEST\0\0\1\0\1"),
	  DNS_NONE, "" },
};

static void
add_record(struct str *out, const struct dns_record *r)
{
	struct address_text text;

	str_adds(out, out->len > 0 ? " " : "");
	if (r->name != NULL)
		str_addf(out, "%u %s", r->preference, r->name);
	else if (r->address.ss_family != 0) {
		address_to_text(&r->address, &text);
		str_adds(out, text.text);
	} else
		str_addf(out, "'%.*s'", (int)r->text.len, r->text.p);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	SCOPED(drop_str) struct str got = { 0 };
	struct err err;

	assert_int_equal(dns_read(row->question, row->message, &answer, &err),
	    0);
	assert_int_equal(answer.outcome, row->outcome);
	for (size_t i = 0; i < answer.count; i++)
		add_record(&got, &answer.records[i]);
	if (answer.alias != NULL)
		str_addf(&got, " (%s)", answer.alias);
	if (answer.outcome == DNS_FAILED)
		str_adds(&got, answer.failure);
	assert_string_equal(str_text(&got), row->wanted);
}

static const struct bad_row {
	const char	*name;
	struct slice	 message;
	bool		 answers;	/* it is one, and cannot be read */
} bad[] = {
	{ "nothing is no answer", BYTES(""), false },
	{ "half a header is none", BYTES("\x12\x34\x81\x80\0\1"), false },
	{ "another id is none", BYTES("\x12\x35\x81\x80\0\1\0\0\0\0\0\0" NAME
	  "\0\1\0\1"), false },
	{ "a question is none", BYTES(ASKS("\1")), false },
	{ "another name is none", BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\1b\4"
	  "test\0\0\1\0\1"), false },
	{ "another type is none",
	  BYTES(SAYS("\x81\x80", "\x1C", "\0")), false },
	{ "two questions are none",
	  BYTES("\x12\x34\x81\x80\0\2\0\0\0\0\0\0" NAME
	  "\0\1\0\1" NAME "\0\1\0\1"), false },
	{ "success without the question is none",
	  BYTES("\x12\x34\x81\x80\0\0\0\0\0\0\0\0"), false },
	{ "fewer records than are promised",
	  BYTES(SAYS("\x81\x80", "\1", "\1")),
	  true },
	{ "an address of three bytes", BYTES(SAYS("\x81\x80", "\1", "\1")
	  RR("\1", "\3") "\x7F\0\0"), true },
	{ "a record that is longer than the message",
	  BYTES(SAYS("\x81\x80", "\1", "\1") RR("\1", "\4") "\x7F\0\0"), true },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	struct slice question = BYTES(ASKS("\1"));
	struct err err = { 0 };

	assert_int_equal(dns_answers(question, row->message), row->answers);
	assert_int_equal(dns_read(question, row->message, &answer, &err), -1);
	assert_err(err, ERR_INVALID, "the answer cannot be read");
	assert_int_equal(answer.count, 0);
}

static void
test_cut(void **state)
{
	struct slice cut = BYTES(SAYS("\x83\x80", "\1", "\0")),
	    whole = BYTES(SAYS("\x81\x80", "\1", "\0"));

	(void)state;
	assert_true(dns_is_cut(cut));
	assert_false(dns_is_cut(whole));
	assert_false(dns_is_cut(SLICE("\x12\x34\x83")));
}

int
main(void)
{
	add_rows(rows, check_row);
	add_rows(bad, check_bad);
	add_test("a cut answer says so", test_cut);
	return run_all();
}
