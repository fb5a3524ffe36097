/* answer.c: whether a message gets an automatic answer. */
#include "answer.h"

#include "address_list.h"
#include "answer_field.h"
#include "answer_robot.h"
#include "field.h"
#include "scope.h"

/* --- the header --------------------------------------------------------- */

/* Where recipients stand (RFC 5322, 3.6.3 and 3.6.6). */
static bool
names_recipients(struct slice name)
{
	static const char *const fields[] = { "To", "Cc", "Bcc", "Resent-To",
	    "Resent-Cc", "Resent-Bcc" };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (slice_same(name, slice_of(fields[i])))
			return true;
	return false;
}

/* A header that is read.  What needs a process to be read, a domain beyond
 * ASCII, is read at its front alone: it has room for thousands. */
struct reading {
	const struct answer_question	*question;
	unsigned			 conversions;
};

typedef bool listed_test(const struct answer_question *q,
    const struct address *address);

/* Whether it is an address that passes. */
static bool
is_listed(struct reading *r, struct slice text, listed_test *passes)
{
	enum { CONVERSIONS = 8 };
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address address;
	struct err err;

	ptrdiff_t at = slice_find_last(text, '@');
	if (at != -1 && !slice_is_ascii(slice_from(text, (size_t)at + 1)) &&
	    r->conversions++ >= CONVERSIONS)
		return false;
	return address_parse(&pool, text, &address, &err) == 0 &&
	    passes(r->question, &address);
}

static bool
any(struct reading *r, struct slice value, listed_test *passes)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	while (address_list_next(&value, &listed))
		if (is_listed(r, str_slice(&listed.address), passes))
			return true;
	return false;
}

static bool
is_mine(const struct answer_question *q, const struct address *address)
{
	return answer_is_own(q->own, address);
}

static bool
is_robots(const struct answer_question *q, const struct address *address)
{
	return answer_is_robot(address, q->kind);
}

/* Over a line that is no field: others may read on behind it.  False: it is the
 * empty one that ends a header, or torn. */
static bool
skip_line(struct slice *rest)
{
	ptrdiff_t end = slice_find(*rest, '\n');

	if (end == -1 || slice_starts(*rest, "\n") ||
	    slice_starts(*rest, "\r\n"))
		return false;
	*rest = slice_from(*rest, (size_t)end + 1);
	return true;
}

static enum answer_verdict
judge_header(const struct answer_question *q)
{
	struct slice rest = field_skip_from_line(q->message);
	struct reading reading = { .question = q };
	bool addressed = q->kind == ANSWER_AUTO;
	enum answer_verdict verdict;
	struct field field;

	while (rest.len > 0) {
		if (!field_next(&rest, &field)) {
			if (!skip_line(&rest))
				break;
			continue;
		}
		if ((verdict = answer_judge_field(&field)) != ANSWER_SENT)
			return verdict;
		if (slice_same(field.name, SLICE("From")) &&
		    any(&reading, field.value, is_robots))
			return ANSWER_ROBOT_SENDER;
		addressed = addressed || (names_recipients(field.name) &&
		    any(&reading, field.value, is_mine));
	}
	/* What comes later may be a list's.  A line that is torn is no end. */
	if (!q->whole && !slice_has(rest, '\n'))
		return ANSWER_LONG_HEADER;
	return addressed ? ANSWER_SENT : ANSWER_NOT_ADDRESSED;
}

/* --- all of it ---------------------------------------------------------- */

enum answer_verdict
answer_judge(const struct answer_question *q)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address sender;
	struct err err;

	if (q->sender[0] == '\0')
		return ANSWER_NULL_SENDER;
	if (answer_recipient(&pool, q->sender, &sender, &err) == -1)
		return ANSWER_NO_ADDRESS;
	if (answer_is_robot(&sender, q->kind))
		return ANSWER_ROBOT_SENDER;
	if (answer_is_own_sender(q->own, &sender))
		return ANSWER_OWN_ADDRESS;
	return judge_header(q);
}
