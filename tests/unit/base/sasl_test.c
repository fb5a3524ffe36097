/* sasl_test.c: what clients answer to PLAIN and LOGIN. */
#include "../unit.h"

#include <string.h>

#include "mem.h"
#include "sasl.h"
#include "scope.h"

/* The responses in base64; identities are as they are wanted, up to NULL. */
static const struct row {
	const char	*name, *mechanism;
	const char	*responses[3];
	enum sasl_state	 state;
	const char	*authzid, *login, *password;
} rows[] = {
	{ "PLAIN tells login and password", "PLAIN", { "AGpvZQBzZQ==" },
	  SASL_DONE, "", "joe", "se" },
	{ "PLAIN tells as whom", "PLAIN", { "YW5uAGpvZQBzZQ==" }, SASL_DONE,
	  "ann", "joe", "se" },
	{ "mechanisms have any case of letters", "pLaIn", { "AGpvZQBzZQ==" },
	  SASL_DONE, "", "joe", "se" },
	{ "a password may be empty", "PLAIN", { "AGpvZQA=" }, SASL_DONE, "",
	  "joe", "" },
	{ "so may everything", "PLAIN", { "AAA=" }, SASL_DONE, "", "", "" },
	{ "PLAIN without NUL is malformed", "PLAIN", { "am9l" },
	  SASL_MALFORMED, NULL, NULL, NULL },
	{ "PLAIN with one NUL is malformed", "PLAIN", { "AGpvZQ==" },
	  SASL_MALFORMED, NULL, NULL, NULL },
	{ "PLAIN with three is malformed", "PLAIN", { "AGpvZQBzAGU=" },
	  SASL_MALFORMED, NULL, NULL, NULL },
	{ "PLAIN with one at its end is malformed", "PLAIN",
	  { "AGpvZQBzZQA=" }, SASL_MALFORMED, NULL, NULL, NULL },
	{ "an empty response of PLAIN is malformed", "PLAIN", { "" },
	  SASL_MALFORMED, NULL, NULL, NULL },
	{ "what is not base64 is malformed", "PLAIN", { "joe" },
	  SASL_MALFORMED, NULL, NULL, NULL },
	{ "a star cancels", "PLAIN", { "*" }, SASL_CANCELLED, NULL, NULL,
	  NULL },
	{ "LOGIN asks twice", "LOGIN", { "am9l", "c2U=" }, SASL_DONE, "", "joe",
	  "se" },
	{ "a star cancels LOGIN at its second question", "LOGIN",
	  { "am9l", "*" }, SASL_CANCELLED, NULL, NULL, NULL },
	{ "LOGIN takes empty responses", "LOGIN", { "", "" }, SASL_DONE, "", "",
	  "" },
	{ "NUL bytes in LOGIN are bytes like others", "LOGIN",
	  { "AGpvZQ==", "c2U=" }, SASL_DONE, "", NULL, "se" },
	{ "LOGIN ends where its first response is no base64", "LOGIN",
	  { "am9l=" }, SASL_MALFORMED, NULL, NULL, NULL },
};

static void
drop_sasl(struct sasl **s)
{
	drop_mem(s);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_sasl) struct sasl *s = mem_alloc(sizeof *s);
	enum sasl_state got = SASL_ASKS;

	assert_true(sasl_begin(s, slice_of(row->mechanism)));
	for (const char *const *r = row->responses; *r != NULL; r++) {
		assert_int_equal(got, SASL_ASKS);
		assert_non_null(sasl_challenge(s));
		got = sasl_take(s, slice_of(*r));
	}
	assert_int_equal(got, row->state);
	if (row->authzid != NULL)
		assert_true(slice_is(s->authzid, row->authzid));
	if (row->login != NULL)
		assert_true(slice_is(s->login, row->login));
	if (row->password != NULL)
		assert_true(slice_is(s->password, row->password));
}

static void
test_unknown(void **state)
{
	SCOPED(drop_sasl) struct sasl *s = mem_alloc(sizeof *s);

	(void)state;
	assert_false(sasl_begin(s, SLICE("CRAM-MD5")));
	assert_false(sasl_begin(s, SLICE("PLAINX")));
	assert_false(sasl_begin(s, SLICE("PLAI")));
	assert_false(sasl_begin(s, SLICE("")));
}

/* As long as they may be, both are kept; a byte more is none. */
static void
test_long(void **state)
{
	SCOPED(drop_sasl) struct sasl *s = mem_alloc(sizeof *s);
	char text[SASL_LINE];

	(void)state;
	memset(text, 'Q', sizeof text);
	assert_true(sasl_begin(s, SLICE("LOGIN")));
	for (int i = 0; i < SASL_RESPONSES; i++)
		assert_int_equal(sasl_take(s, (struct slice){ text,
		    SASL_LINE - 4 }), i == 0 ? SASL_ASKS : SASL_DONE);
	assert_int_equal(s->login.len, (SASL_LINE - 4) / 4 * 3);
	assert_int_equal(s->password.len, (SASL_LINE - 4) / 4 * 3);
	assert_true(sasl_begin(s, SLICE("LOGIN")));
	assert_int_equal(sasl_take(s, (struct slice){ text, SASL_LINE }),
	    SASL_MALFORMED);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("other mechanisms are not known", test_unknown);
	add_test("responses may be long", test_long);
	return run_all();
}
