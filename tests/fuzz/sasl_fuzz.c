/* sasl_fuzz.c: what a client answers to PLAIN and LOGIN. */
#include "fuzz.h"

#include <string.h>

#include "base64.h"
#include "mem.h"
#include "sasl.h"
#include "scope.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

static void
encode(struct slice bytes, struct str *out)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		unsigned group = 0;
		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (i + j < bytes.len ?
			    (unsigned char)bytes.p[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			str_addc(out, i + j > bytes.len ? '=' :
			    letters[group >> (18 - 6 * j) & 63]);
	}
}

/* Whatever is decoded has one spelling, and every text can be spelt. */
static void
one_spelling(struct slice text)
{
	SCOPED(drop_str) struct str again = { 0 };
	SCOPED(drop_mem) char *bytes = mem_alloc(text.len + 1);
	size_t len;

	if (base64_decode(text, bytes, &len) == 0) {
		encode((struct slice){ bytes, len }, &again);
		promise(slice_equal(str_slice(&again), text),
		    "what is decoded has one spelling");
		str_cut(&again, 0);
	}
	encode(text, &again);
	SCOPED(drop_mem) char *back = mem_alloc(again.len + 1);
	promise(base64_decode(str_slice(&again), back, &len) == 0 &&
	    slice_equal((struct slice){ back, len }, text),
	    "every text can be spelt");
}

/* The identities of an exchange that the client wants to be right. */
static void
what_is_told_is_taken(struct sasl *s, struct slice login, struct slice password)
{
	SCOPED(drop_str) struct str plain = { 0 };
	SCOPED(drop_str) struct str text = { 0 };

	str_addc(&plain, '\0');
	str_addslice(&plain, login);
	str_addc(&plain, '\0');
	str_addslice(&plain, password);
	encode(str_slice(&plain), &text);
	promise(sasl_begin(s, SLICE("PLAIN")), "there is PLAIN");
	bool taken = sasl_take(s, str_slice(&text)) == SASL_DONE;
	promise(taken == (!slice_has(login, '\0') &&
	    !slice_has(password, '\0') && text.len < SASL_LINE),
	    "PLAIN takes all but NUL");
	if (taken)
		promise(slice_equal(s->login, login) && s->authzid.len == 0 &&
		    slice_equal(s->password, password),
		    "PLAIN gives what was told");
}

void
fuzz(struct slice input)
{
	struct sasl *s = mem_alloc(sizeof *s);
	struct slice mechanism = fuzz_part(&input), text;
	enum sasl_state state = SASL_ASKS;
	unsigned taken = 0;

	if (sasl_begin(s, mechanism))
		for (struct slice rest = input; state == SASL_ASKS &&
		    rest.p != NULL && rest.len > 0; taken++) {
			text = fuzz_part(&rest);
			state = sasl_take(s, text);
		}
	promise(taken <= SASL_RESPONSES, "every exchange ends");
	if (state == SASL_DONE)
		promise(s->login.len + s->password.len + s->authzid.len <=
		    sizeof s->bytes, "identities fit");
	text = fuzz_part(&input);
	one_spelling(text);
	what_is_told_is_taken(s, text, fuzz_part(&input));
	drop_mem(&s);
}
