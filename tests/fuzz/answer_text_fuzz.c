/* answer_text_fuzz.c: texts of answers, messages that are answered, days. */
#include "fuzz.h"

#include <string.h>

#include "address_list.h"
#include "answer_parse.h"
#include "field.h"
#include "scope.h"

static const char *const ours[] = { "Date", "Message-ID", "From", "To",
    "Subject", "Reply-To", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress" };

static bool
is_mime(struct slice name)
{
	return (name.len >= 5 && slice_same((struct slice){ name.p, 5 },
	    SLICE("MIME-"))) || (name.len >= 8 &&
	    slice_same((struct slice){ name.p, 8 }, SLICE("Content-")));
}

/* Whose it is was asked of from_address. */
static void
promise_sender(struct slice value, const struct answer_text *text)
{
	SCOPED(drop_listed) struct listed one = { 0 };

	promise(address_list_next(&value, &one) &&
	    slice_is(str_slice(&one.address), text->from.len > 0 ?
	    str_text(&text->from_address) : "joe@a.test"),
	    "an answer is from the address that was asked about");
	promise(!address_list_next(&value, &one),
	    "an answer is from one address");
}

static void
promise_header(struct slice *rest, const struct answer_text *text)
{
	unsigned seen[sizeof ours / sizeof *ours] = { 0 };
	struct field field;

	while (rest->len > 0 && field_next(rest, &field)) {
		bool known = is_mime(field.name);
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			if (slice_same(field.name, slice_of(ours[i]))) {
				known = true;
				promise(seen[i]++ == 0,
				    "no field stands there twice");
			}
		promise(known, "no field is another's");
		if (slice_same(field.name, SLICE("To")))
			promise(slice_is(field.value, "ann@far.test"),
			    "nobody else is written to");
		if (slice_same(field.name, SLICE("From")))
			promise_sender(field.value, text);
		for (size_t i = 0; i < field.all.len; i++)
			promise(field.all.p[i] == '\n' ||
			    (field.all.p[i] >= ' ' && field.all.p[i] <= '~'),
			    "a header is printable ASCII");
	}
	promise(slice_starts(*rest, "\n"), "a header ends in an empty line");
	for (size_t i = 0; i < 5; i++)
		promise(seen[i] == 1 || i == 5, "every field is there");
}

static void
promise_lines(struct slice all)
{
	struct slice line;

	while (slice_cut(&all, '\n', &line)) {
		promise(line.len <= ANSWER_LINE, "no line is too long");
		promise(!slice_has(line, '\0'), "there is no NUL");
	}
}

void
fuzz(struct slice input)
{
	struct slice file = fuzz_part(&input), message = fuzz_part(&input);
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str out = { 0 };
	const struct address to = { "ann", "far.test" };
	struct err err;

	if (answer_parse(file, &text, &err) == -1) {
		promise(err.kind == ERR_INVALID && err.text[0] != '\0',
		    "a text that is wrong is told why");
		return;
	}
	promise(!text.has_days || text.days <= ANSWER_DAYS_MAX,
	    "days are in their bounds");
	bool before = answer_text_is_due(&text, "0000-01-01"),
	    after = answer_text_is_due(&text, "9999-12-31");
	promise(text.start.text[0] == '\0' || !before ||
	    strcmp(text.start.text, "0000-01-01") <= 0,
	    "a vacation does not begin before its start");
	promise(text.end.text[0] == '\0' || !after ||
	    strcmp(text.end.text, "9999-12-31") >= 0,
	    "a vacation does not last beyond its end");
	answer_compose(&(struct answer){ .text = &text, .message = message,
	    .to = &to, .from = "joe@a.test", .name = "Joe", .host = "a.test",
	    .is_vacation = true, .now = 1795867200, .random = 42 }, &out);
	promise(out.len <= ANSWER_MAX, "an answer is not endless");
	struct slice rest = str_slice(&out);
	promise_header(&rest, &text);
	promise_lines(str_slice(&out));
}
