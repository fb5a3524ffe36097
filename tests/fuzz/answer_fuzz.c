/* answer_fuzz.c: headers that are judged, and what is decoded of them. */
#include "fuzz.h"

#include <string.h>

#include "address_list.h"
#include "answer.h"
#include "rfc2047.h"
#include "rfc2047_encode.h"
#include "scope.h"
#include "utf8seq.h"

static const char *
real(void *arg, const char *domain)
{
	(void)arg;
	return strcmp(domain, "b.test") == 0 ? "a.test" : NULL;
}

static enum answer_verdict
judge(struct slice message, enum answer_kind kind, bool whole)
{
	static const struct address mine[] = { { "joe", "a.test" },
	    { "info", "a.test" } };
	const struct answer_own own = { .address = mine, .count = 2,
	    .real = real };

	return answer_judge(&(struct answer_question){
	    .kind = kind, .sender = "ann@far.test", .message = message,
	    .whole = whole, .own = &own });
}

/* What stands on top is seen, whatever follows. */
static void
with_on_top(const char *field, struct slice message, enum answer_verdict wanted)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_adds(&text, field);
	if (slice_starts(message, " ") || slice_starts(message, "\t"))
		str_adds(&text, "X: y\n");
	str_addslice(&text, message);
	promise(judge(str_slice(&text), ANSWER_VACATION, true) == wanted,
	    "what speaks against an answer is seen");
}

static void
judged(struct slice message)
{
	enum answer_verdict vacation = judge(message, ANSWER_VACATION, true),
	    automatic = judge(message, ANSWER_AUTO, true),
	    torn = judge(message, ANSWER_VACATION, false);

	promise((unsigned)vacation < ANSWER_VERDICTS &&
	    answer_name(vacation) != NULL, "a verdict has a name");
	promise(vacation != ANSWER_SENT || automatic == ANSWER_SENT,
	    "an autoresponder answers what a vacation does");
	promise(torn == vacation || torn == ANSWER_LONG_HEADER,
	    "a torn header gets no other answer");
	with_on_top("List-Id: x\n", message, ANSWER_LIST);
	with_on_top("Auto-Submitted: auto-replied\n", message,
	    ANSWER_AUTO_SUBMITTED);
	with_on_top("Precedence: bulk\n", message, ANSWER_PRECEDENCE);
}

static void
promise_text(struct slice s)
{
	for (size_t i = 0; i < s.len; ) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : utf8seq_length(slice_from(s, i));
		promise(n > 0, "what is decoded is UTF-8");
		promise(n > 1 || (c >= ' ' && c != 0x7F),
		    "what is decoded has no control characters");
		i += n;
	}
}

static void
decoded(struct slice value, size_t max)
{
	SCOPED(drop_str) struct str out = { 0 }, again = { 0 }, back = { 0 };
	struct slice rest, line;

	rfc2047_decode(value, max, &out);
	promise(out.len <= max, "no more than asked for is decoded");
	promise_text(str_slice(&out));
	rfc2047_encode(str_slice(&out), 9, &again);
	for (rest = str_slice(&again); slice_cut(&rest, '\n', &line); ) {
		promise(line.len <= 300, "what is encoded is folded");
		for (size_t i = 0; i < line.len; i++)
			promise(line.p[i] >= ' ' && line.p[i] <= '~',
			    "what is encoded is ASCII");
	}
	rfc2047_decode(str_slice(&again), max, &back);
	for (size_t i = 0, j = 0; i < out.len || j < back.len; i++, j++) {
		while (i < out.len && out.s[i] == ' ')
			i++;
		while (j < back.len && back.s[j] == ' ')
			j++;
		promise((i < out.len) == (j < back.len) && (i >= out.len ||
		    out.s[i] == back.s[j]),
		    "what is encoded is decoded to the same");
	}
}

/* The list ends, and each address is found again when it stands alone. */
static void
listed(struct slice value)
{
	SCOPED(drop_listed) struct listed one = { 0 }, alone = { 0 };
	size_t before = value.len + 1;

	while (address_list_next(&value, &one)) {
		promise(value.len < before, "a list comes to its end");
		before = value.len;
		SCOPED(drop_str) struct str text = { 0 };
		str_addf(&text, "<%s>", str_text(&one.address));
		struct slice rest = str_slice(&text);
		address_list_next(&rest, &alone);
	}
}

/* One recipient for sendmail, whatever the sender is. */
static void
recipient(struct slice given)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_listed) struct listed one = { 0 };
	struct address to, again;
	struct err err;

	if (answer_recipient(&pool, pool_dup(&pool, given), &to, &err) == -1)
		return;
	const char *text = address_text(&pool, to.local, to.domain);
	promise(text[0] != '-', "a recipient is no option");
	struct slice rest = slice_of(text);
	promise(address_list_next(&rest, &one) &&
	    slice_is(str_slice(&one.address), text) && rest.len == 0,
	    "a recipient is one address");
	promise(answer_recipient(&pool, text, &again, &err) == 0 &&
	    strcmp(again.local, to.local) == 0 &&
	    strcmp(again.domain, to.domain) == 0,
	    "a recipient has one spelling");
}

void
fuzz(struct slice input)
{
	size_t max = fuzz_choice(&input);

	judged(input);
	decoded(input, max);
	listed(input);
	recipient(input);
}
