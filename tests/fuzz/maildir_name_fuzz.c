/* maildir_name_fuzz.c: what the name of a message in a Maildir tells, and how
 * long a message is when it is sent. */
#include "fuzz.h"

#include <string.h>

#include "maildir_name.h"
#include "octets.h"
#include "scope.h"

static bool
begins(struct slice whole, struct slice start)
{
	return start.len <= whole.len && start.p == whole.p;
}

static void
same_part(const char *a, const char *b, char letter)
{
	struct slice one = { 0 }, two = { 0 };
	bool has = maildir_name_part(a, letter, &one);

	promise(has == maildir_name_part(b, letter, &two) &&
	    slice_equal(one, two), "what is not taken out stays");
}

static void
takes_out(const char *name)
{
	SCOPED(drop_str) struct str left = { 0 }, again = { 0 };
	struct slice text;

	maildir_name_without(name, MAILDIR_OCTETS, &left);
	const char *now = str_text(&left);
	promise(!maildir_name_part(now, MAILDIR_OCTETS, &text),
	    "what is taken out is out");
	promise(slice_equal(maildir_unique(name), maildir_unique(now)),
	    "the unique name stays");
	promise(strcmp(name + maildir_base(name).len,
	    now + maildir_base(now).len) == 0, "the flags stay");
	same_part(name, now, MAILDIR_STORED);
	maildir_name_without(now, MAILDIR_OCTETS, &again);
	promise(strcmp(now, str_text(&again)) == 0, "once is enough");
}

static void
comes_back(struct slice unique, uint64_t number)
{
	SCOPED(drop_str) struct str name = { 0 };
	uint64_t got = number + 1;

	number &= INT64_MAX;
	str_addslice(&name, unique);
	maildir_name_add(&name, MAILDIR_STORED, 7);
	maildir_name_add(&name, MAILDIR_OCTETS, number);
	promise(maildir_name_number(str_text(&name), MAILDIR_OCTETS, &got) &&
	    got == number, "a number that was added is told");
	promise(slice_equal(maildir_unique(str_text(&name)), unique),
	    "whatever is added, a unique name is that");
}

static void
tells(const char *name)
{
	struct slice base = maildir_base(name), unique = maildir_unique(name);
	uint64_t number = 0;
	struct slice text;

	promise(begins(slice_of(name), base) && begins(base, unique),
	    "a name begins with its base, and that with the unique name");
	promise(!slice_has(base, ':') && !slice_has(unique, ','),
	    "a base ends before a colon, a unique name before a comma");
	promise(!maildir_name_number(name, MAILDIR_OCTETS, &number) ||
	    (maildir_name_part(name, MAILDIR_OCTETS, &text) &&
	    number <= INT64_MAX), "a number is a part");
	takes_out(name);
	comes_back(unique, number);
}

static uint64_t
byte_by_byte(struct slice s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r') ? 2 : 1;
	return s.len > 0 && s.p[s.len - 1] != '\n' ? n + 2 : n;
}

static void
is_sent(struct slice message, size_t at)
{
	struct octets whole = { 0 }, parts = { 0 };

	octets_add(&whole, message);
	octets_add(&parts, (struct slice){ message.p, at });
	octets_add(&parts, slice_from(message, at));
	uint64_t total = octets_total(&whole);
	promise(total == byte_by_byte(message), "all is counted");
	promise(total == octets_total(&parts), "so are pieces");
	promise(octets_possible(message.len, total), "what is, can be");
}

void
fuzz(struct slice input)
{
	SCOPED(drop_str) struct str name = { 0 };
	struct slice part = fuzz_part(&input);

	/* a directory has no other names */
	for (size_t i = 0; i < part.len; i++)
		if (part.p[i] != '\0' && part.p[i] != '/')
			str_addc(&name, part.p[i]);
	tells(str_text(&name));
	size_t at = fuzz_choice(&input) * 16;
	is_sent(input, at < input.len ? at : input.len);
}
