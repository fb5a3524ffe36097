/* answer.c: whether a message gets an automatic answer. */
#include "answer.h"

#include <assert.h>
#include <string.h>

#include "address_list.h"
#include "field.h"
#include "scope.h"

const char *
answer_name(enum answer_verdict verdict)
{
	static const char *const names[] = {
		[ANSWER_SENT] = "sent", [ANSWER_NULL_SENDER] = "null-sender",
		[ANSWER_NO_ADDRESS] = "no-address",
		[ANSWER_ROBOT_SENDER] = "robot-sender",
		[ANSWER_OWN_ADDRESS] = "own-address",
		[ANSWER_AUTO_SUBMITTED] = "auto-submitted",
		[ANSWER_LIST] = "list", [ANSWER_PRECEDENCE] = "precedence",
		[ANSWER_SUPPRESSED] = "suppressed", [ANSWER_REPORT] = "report",
		[ANSWER_SPAM] = "spam", [ANSWER_LONG_HEADER] = "long-header",
		[ANSWER_NOT_ADDRESSED] = "not-addressed",
		[ANSWER_WINDOW] = "window", [ANSWER_KNOWN] = "known",
		[ANSWER_RATE] = "rate", [ANSWER_MAIL_WAITS] = "mail-waits",
		[ANSWER_NO_TEXT] = "no-text", [ANSWER_BAD_TEXT] = "bad-text",
		[ANSWER_BROKEN_INDEX] = "broken-index",
		[ANSWER_BUSY_INDEX] = "busy-index", [ANSWER_FAILED] = "failed",
	};

	static_assert(sizeof names / sizeof *names == ANSWER_VERDICTS,
	    "a verdict without a name");
	return names[verdict];
}

/* --- the sender --------------------------------------------------------- */

enum match { IS, BEGINS, ENDS, HOLDS };

struct robot {
	enum match	 how;
	const char	*text;
	bool		 vacation_only;
};

/* Local parts, in lower case. */
static const struct robot robots[] = {
	{ BEGINS, "mailer-daemon", false }, { IS, "mailer", false },
	{ IS, "postmaster", true }, { IS, "uucp", false },
	{ IS, "listserv", false }, { IS, "majordomo", false },
	{ IS, "mailman", false }, { IS, "sympa", false },
	{ BEGINS, "owner-", false }, { ENDS, "-owner", false },
	{ ENDS, "-request", false }, { ENDS, "-relay", false },
	{ ENDS, "-bounces", false }, { ENDS, "-bounce", false },
	{ ENDS, "-errors", false },
	/* ezmlm's and others' return addresses */
	{ HOLDS, "-return-", false }, { HOLDS, "-bounces-", false },
	{ IS, "bounce", false }, { IS, "bounces", false },
	{ BEGINS, "bounce-", false }, { BEGINS, "bounces-", false },
	{ BEGINS, "bounce_", false }, { BEGINS, "bounces_", false },
	{ BEGINS, "bounce.", false }, { BEGINS, "bounces.", false },
	{ BEGINS, "msprvs1=", false },
};

/* The same without '-', '_' and '.': "no-reply", "do_not.reply". */
static const char *const silent[] = { "noreply", "donotreply", "dontreply",
    "neverreply", "noresponse", "noresponder", "nepasrepondre",
    "nichtantworten", "keineantwort", };

static bool
matches(const struct robot *r, const char *local)
{
	struct slice s = slice_of(local);

	switch (r->how) {
	case IS:
		return slice_is(s, r->text);
	case BEGINS:
		return slice_starts(s, r->text);
	case ENDS:
		return slice_ends(s, r->text);
	case HOLDS:
		return strstr(local, r->text) != NULL;
	}
	return false;
}

static bool
is_silent(const char *local)
{
	SCOPED(drop_str) struct str bare = { 0 };

	for (const char *p = local; *p != '\0'; p++)
		if (strchr("-_.", *p) == NULL)
			str_addc(&bare, *p);
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strstr(str_text(&bare), silent[i]) != NULL)
			return true;
	return false;
}

/* "list-bounces+joe=a.test" is list-bounces, too. */
static bool
is_robots_name(const char *given, enum answer_kind kind)
{
	SCOPED(drop_str) struct str local = { 0 }, base = { 0 };

	str_addlower(&local, slice_of(given));
	str_add(&base, str_text(&local), strcspn(str_text(&local), "+"));
	for (size_t i = 0; i < sizeof robots / sizeof *robots; i++)
		if ((kind == ANSWER_VACATION || !robots[i].vacation_only) &&
		    (matches(&robots[i], str_text(&local)) ||
		    matches(&robots[i], str_text(&base))))
			return true;
	return is_silent(str_text(&local));
}

static bool
is_robot(const struct address *address, enum answer_kind kind)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address a = *address;

	do {
		if (is_robots_name(a.local, kind))
			return true;
	} while (answer_unwrap(&pool, &a));
	return false;
}

/* --- the header --------------------------------------------------------- */

/* The words of a value, which ';', ',' or blanks separate: without comments and
 * quotes.  One that is not closed hides nothing. */
struct words {
	struct slice	 rest;
	struct str	 word;
	bool		 torn;		/* a comment is not closed */
};

static void
drop_words(struct words *w)
{
	drop_str(&w->word);
}

/* The length of the comment at the start; 0: it is not closed. */
static size_t
comment_length(struct slice s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

static bool
next_word(struct words *w)
{
	str_cut(&w->word, 0);
	while (w->rest.len > 0) {
		char c = w->rest.p[0];
		size_t comment = c == '(' && !w->torn ?
		    comment_length(w->rest) : 0;
		w->torn = w->torn || (c == '(' && comment == 0);
		w->rest = slice_from(w->rest, comment > 0 ? comment : 1);
		if (comment > 0 || strchr("()\"\\", c) != NULL)
			continue;
		if (strchr(";, \t\r\n", c) == NULL)
			str_addc(&w->word, c);
		else if (w->word.len > 0)
			return true;
	}
	return w->word.len > 0;
}

static bool
is_one_of(const struct words *w, const char *const *words)
{
	for (; *words != NULL; words++)
		if (slice_same(str_slice(&w->word), slice_of(*words)))
			return true;
	return false;
}

static bool
begins_with(struct slice value, const char *const *words)
{
	SCOPED(drop_words) struct words w = { .rest = value };

	return next_word(&w) && is_one_of(&w, words);
}

static bool
has_word(struct slice value, const char *const *words)
{
	SCOPED(drop_words) struct words w = { .rest = value };

	while (next_word(&w))
		if (is_one_of(&w, words))
			return true;
	return false;
}

typedef bool test(struct slice value);

static bool
always(struct slice value)
{
	(void)value;
	return true;
}

static bool
is_submitted(struct slice value)
{
	static const char *const person[] = { "no", NULL };

	return !begins_with(value, person);
}

static bool
is_bulk(struct slice value)
{
	static const char *const words[] = { "bulk", "junk", "list",
	    "auto_reply", NULL };

	return has_word(value, words);
}

static bool
is_suppressed(struct slice value)
{
	static const char *const words[] = { "all", "oof", "autoreply",
	    NULL };

	return has_word(value, words);
}

static bool
is_yes(struct slice value)
{
	static const char *const words[] = { "yes", "true", NULL };

	return begins_with(value, words);
}

static bool
is_mailing_list(struct slice value)
{
	return slice_starts_same(value, "mailing list");
}

/* Bounces, receipts, feedback; and answers to invitations. */
static bool
is_report(struct slice value)
{
	static const char *const reports[] = { "multipart/report",
	    "message/delivery-status", "message/disposition-notification",
	    NULL };
	static const char *const calendar[] = { "text/calendar", NULL };
	SCOPED(drop_str) struct str method = { 0 };

	return begins_with(value, reports) || (begins_with(value, calendar) &&
	    field_parameter(value, "method", &method) &&
	    slice_same(str_slice(&method), SLICE("reply")));
}

static const struct rule {
	const char		*field;		/* a last '*': what begins so */
	test			*speaks_against;
	enum answer_verdict	 verdict;
} rules[] = {
	{ "Auto-Submitted", is_submitted, ANSWER_AUTO_SUBMITTED },
	{ "X-Auto-Submitted", is_submitted, ANSWER_AUTO_SUBMITTED },
	{ "X-Autoreply", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Autoreply-From", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Autorespond", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Autoresponder", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Autogenerated", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Mail-Autoreply", always, ANSWER_AUTO_SUBMITTED },
	{ "X-Vacation", always, ANSWER_AUTO_SUBMITTED },
	{ "List-*", always, ANSWER_LIST },
	{ "Mailing-List", always, ANSWER_LIST },
	{ "X-Mailing-List", always, ANSWER_LIST },
	{ "X-List*", always, ANSWER_LIST },
	{ "X-Mailman-Version", always, ANSWER_LIST },
	{ "X-BeenThere", always, ANSWER_LIST },
	{ "X-ML-Name", always, ANSWER_LIST },
	{ "X-Google-Loop", always, ANSWER_LIST },
	{ "Feedback-ID", always, ANSWER_LIST },
	{ "X-Campaign*", always, ANSWER_LIST },
	{ "Delivered-To", is_mailing_list, ANSWER_LIST },
	{ "Precedence", is_bulk, ANSWER_PRECEDENCE },
	{ "X-Precedence", is_bulk, ANSWER_PRECEDENCE },
	{ "X-Auto-Response-Suppress", is_suppressed, ANSWER_SUPPRESSED },
	{ "X-Spam-Flag", is_yes, ANSWER_SPAM },
	{ "X-Spam-Status", is_yes, ANSWER_SPAM },
	{ "X-Spam", is_yes, ANSWER_SPAM },
	{ "Content-Type", is_report, ANSWER_REPORT },
	{ "X-Failed-Recipients", always, ANSWER_REPORT },
};

static bool
is_field(struct slice name, const char *pattern)
{
	struct slice begins = slice_of(pattern);

	if (!slice_ends(begins, "*"))
		return slice_same(name, begins);
	begins.len--;
	return name.len >= begins.len && slice_same((struct slice){ name.p,
	    begins.len }, begins);
}

static enum answer_verdict
judge_field(const struct field *field)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (is_field(field->name, rules[i].field) &&
		    rules[i].speaks_against(field->value))
			return rules[i].verdict;
	return ANSWER_SENT;
}

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
	return is_robot(address, q->kind);
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
		if ((verdict = judge_field(&field)) != ANSWER_SENT)
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
	if (is_robot(&sender, q->kind))
		return ANSWER_ROBOT_SENDER;
	if (answer_is_own_sender(q->own, &sender))
		return ANSWER_OWN_ADDRESS;
	return judge_header(q);
}
