/* limit_fuzz.c: what the text of U.quota says. */
#include "fuzz.h"

#include <inttypes.h>
#include <string.h>

#include "limit.h"
#include "scope.h"

static bool
same(const struct limit *a, const struct limit *b)
{
	return a->disabled == b->disabled && a->bytes == b->bytes;
}

static void
a_number_says_what_it_is(struct slice input)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct limit limit;
	uint64_t kb = 0;

	memcpy(&kb, input.p, input.len < sizeof kb ? input.len : sizeof kb);
	str_addf(&text, "%" PRIu64, kb);
	promise(limit_parse(str_slice(&text), &limit), "a number is a limit");
	promise(!limit.disabled, "a number accepts mail");
	bool fits = kb > 0 && kb < UINT64_MAX / 1024 / 20;
	promise(!fits || limit.bytes == kb * 1024, "a number is kB");
	promise(kb != 0 || limit.bytes == LIMIT_NONE, "0 is no limit");
	promise(limit.bytes == LIMIT_NONE || limit.bytes / 1024 == kb,
	    "a number too large is no limit, never a smaller one");
}

static void
says_the_same(struct slice text, const char *behind, const struct limit *limit)
{
	SCOPED(drop_str) struct str longer = { 0 };
	struct limit again;

	str_addslice(&longer, text);
	str_adds(&longer, behind);
	promise(limit_parse(str_slice(&longer), &again) && same(&again, limit),
	    "later lines change nothing, nor does a CR");
}

void
fuzz(struct slice input)
{
	struct limit limit = { .disabled = true, .bytes = 7 }, before = limit;

	if (input.len == 0)
		return;
	a_number_says_what_it_is(input);
	if (!limit_parse(input, &limit)) {
		promise(same(&limit, &before), "nothing said, nothing set");
		return;
	}
	promise(limit.bytes == LIMIT_NONE || limit.bytes % 1024 == 0,
	    "a limit is whole kB");
	promise(limit.bytes != 0, "no limit is 0 bytes");
	promise(!limit.disabled || limit.bytes == LIMIT_NONE,
	    "disabled is no number");
	says_the_same(input, "\n", &limit);
	if (!slice_ends(input, "\r"))
		says_the_same(input, "\r\n", &limit);
	says_the_same(input, "\n9disabled\nnone\n", &limit);
}
