/* outcome_test.c: what became of a recipient or a target, in mail's own
 * words. */
#include "../unit.h"

#include <string.h>

#include "outcome.h"

static const struct err_row {
	const char	*name;
	enum err_kind	 kind;
	const char	*code;
} errors[] = {
	{ "what the system cannot do now is 4.3.0", ERR_TEMPORARY, "4.3.0" },
	{ "a setting that is wrong is 4.3.5", ERR_INVALID, "4.3.5" },
	{ "a file that is refused is 4.3.5", ERR_REFUSED, "4.3.5" },
	{ "a mailbox in use is 4.2.1", ERR_BUSY, "4.2.1" },
	{ "what is missing is 4.3.0: nobody is unknown by a file that is not "
	  "there", ERR_ABSENT, "4.3.0" },
	{ "what exists already is 4.3.0", ERR_EXISTS, "4.3.0" },
};

static void
check_error(void **state)
{
	const struct err_row *row = *state;
	struct err err = { .kind = row->kind,
	    .text = "t.conf:2: no such thing" };
	struct outcome o = outcome_from_err(&err);

	assert_int_equal(o.kind, OUTCOME_TEMPORARY);
	assert_string_equal(o.code, row->code);
	assert_string_equal(o.text, "t.conf:2: no such thing");
}

static const struct order_row {
	const char		*name;
	enum outcome_kind	 a, b;
	bool			 precedes;
} orders[] = {
	{ "a temporary failure decides before an unknown user",
	  OUTCOME_TEMPORARY, OUTCOME_NO_USER, true },
	{ "and before an unknown domain", OUTCOME_TEMPORARY, OUTCOME_NO_DOMAIN,
	  true },
	{ "and before a refusal", OUTCOME_TEMPORARY, OUTCOME_REFUSED, true },
	{ "and before other permanent ones", OUTCOME_TEMPORARY,
	  OUTCOME_PERMANENT, true },
	{ "and before success", OUTCOME_TEMPORARY, OUTCOME_DONE, true },
	{ "a permanent failure decides before success", OUTCOME_PERMANENT,
	  OUTCOME_DONE, true },
	{ "an unknown user decides before success", OUTCOME_NO_USER,
	  OUTCOME_DONE, true },
	{ "success decides before nothing", OUTCOME_DONE, OUTCOME_TEMPORARY,
	  false },
	{ "nor before a permanent failure", OUTCOME_DONE, OUTCOME_PERMANENT,
	  false },
	{ "nor before success", OUTCOME_DONE, OUTCOME_DONE, false },
	{ "of two temporary failures the first stays", OUTCOME_TEMPORARY,
	  OUTCOME_TEMPORARY, false },
	{ "of two permanent ones the first stays", OUTCOME_NO_USER,
	  OUTCOME_PERMANENT, false },
	{ "a permanent failure is not before a temporary one", OUTCOME_NO_USER,
	  OUTCOME_TEMPORARY, false },
};

static void
check_order(void **state)
{
	const struct order_row *row = *state;
	struct outcome a = { .kind = row->a }, b = { .kind = row->b };

	assert_int_equal(outcome_precedes(&a, &b), row->precedes);
}

static void
one_line(void **state)
{
	struct outcome o = outcome_make(OUTCOME_NO_USER, "5.1.1", "%s",
	    "a\r\nb\tc\033d\177\xC3\xBC");

	(void)state;
	assert_int_equal(o.kind, OUTCOME_NO_USER);
	assert_string_equal(o.code, "5.1.1");
	assert_string_equal(o.text, "a??b?c?d?\xC3\xBC");
}

static void
long_text(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	struct outcome o = outcome_make(OUTCOME_TEMPORARY, "4.3.0", "%s", text);
	assert_int_equal(strlen(o.text), sizeof o.text - 1);
}

int
main(void)
{
	add_rows(errors, check_error);
	add_rows(orders, check_order);
	add_test("control bytes never make a second line", one_line);
	add_test("a long text is cut", long_text);
	return run_all();
}
