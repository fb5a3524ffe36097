/* answer_test.c: who gets an automatic answer: kinds of mail as they come. */
#include "../unit.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "answer.h"
#include "conf.h"
#include "domain.h"
#include "idn.h"
#include "mem.h"
#include "scope.h"

static unsigned conversions;

/* In the place of the program vidn. */
int
idn_to_ascii(struct slice domain, struct str *out, struct err *err)
{
	conversions++;
	if (!slice_is(domain, "\xC3\xA4.test"))
		return err_set(err, ERR_INVALID, "not a domain name");
	str_adds(out, "b.test");
	return 0;
}

/* Joe's vacation: joe@a.test, reached by info@a.test; b.test is an alias of
 * a.test.  The message is to joe unless a row says otherwise (its header has a
 * To then).  An autoresponder is asked about the same message where a row has
 * another verdict for it. */
struct row {
	const char		*name;
	enum answer_verdict	 wanted;
	const char		*sender;	/* NULL: ann@far.test */
	const char		*header;	/* NULL: none but To */
};

#define V(verdict)	ANSWER_##verdict

static const struct row rows[] = {
#include "answer_rows.h"
};

/* What an autoresponder does otherwise. */
static const struct row auto_rows[] = {
	{ "auto: a person", V(SENT), NULL, NULL },
	{ "auto: it need not be in To", V(SENT), NULL, "To: x@y.test\n" },
	{ "auto: a postmaster", V(SENT), "postmaster@far.test", NULL },
	{ "auto: a mailer-daemon", V(ROBOT_SENDER), "mailer-daemon@far.test",
	  NULL },
	{ "auto: the null sender", V(NULL_SENDER), "", NULL },
	{ "auto: the address itself", V(OWN_ADDRESS), "info@a.test", NULL },
	{ "auto: a list", V(LIST), NULL, "List-Id: <l.far.test>\n" },
	{ "auto: another autoresponder", V(AUTO_SUBMITTED), NULL,
	  "Auto-Submitted: auto-replied\n" },
};

static const char *
real_name(void *arg, const char *domain)
{
	(void)arg;
	return strcmp(domain, "b.test") == 0 ||
	    strcmp(domain, "a.test") == 0 ? "a.test" : NULL;
}

static const struct domain with_full_names = {
	.name = "a.test", .conf = { .match_full_name = true },
};
static const struct account joe = {
	.domain = &with_full_names, .name = "joe", .full_name = "Joe A. User",
};

/* Whether the header tells recipients itself. */
static bool
has_recipients(const char *header)
{
	static const char *const fields[] = { "to:", "cc:", "bcc:",
	    "resent-" };
	struct slice rest = slice_of(header), line;

	while (slice_cut(&rest, '\n', &line))
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (strncasecmp(line.p, fields[i],
			    strlen(fields[i])) == 0)
				return true;
	return false;
}

static enum answer_verdict
ask(const struct row *row, enum answer_kind kind)
{
	static const struct address own[] = {
		{ "joe", "a.test" }, { "info", "a.test" },
		{ "joe+shop", "a.test" }, { "odd name", "a.test" },
	};
	const struct answer_own mine = {
		.address = own, .count = sizeof own / sizeof *own,
		.real = real_name, .account = &joe, .delimiter = "+",
	};
	SCOPED(drop_str) struct str message = { 0 };

	if (row->header != NULL)
		str_adds(&message, row->header);
	if (row->header == NULL || !has_recipients(row->header))
		str_adds(&message, "To: joe@a.test\n");
	str_adds(&message, "\nhello\n");
	return answer_judge(&(struct answer_question){
	    .kind = kind, .own = &mine, .whole = true,
	    .sender = row->sender != NULL ? row->sender : "ann@far.test",
	    .message = str_slice(&message) });
}

static void
check(enum answer_verdict got, enum answer_verdict wanted)
{
	assert_string_equal(answer_name(got), answer_name(wanted));
}

static void
vacation(void **state)
{
	const struct row *row = *state;

	check(ask(row, ANSWER_VACATION), row->wanted);
}

static void
autoresponder(void **state)
{
	const struct row *row = *state;

	check(ask(row, ANSWER_AUTO), row->wanted);
}

/* Except for its own two rules an autoresponder decides as a vacation does. */
static void
both_decide_alike(void **state)
{
	size_t compared = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *sender = rows[i].sender ? rows[i].sender : "";
		if (rows[i].wanted == ANSWER_NOT_ADDRESSED ||
		    strstr(sender, "ostmaster") != NULL ||
		    (rows[i].header != NULL &&
		    strstr(rows[i].header, "ostmaster") != NULL))
			continue;
		check(ask(&rows[i], ANSWER_AUTO), rows[i].wanted);
		compared++;
	}
	assert_true(compared > 250);
}

/* The row's header among others, as other programs would have written it. */
static void
vary(const struct row *row, const char *before, bool upper, bool crlf,
    struct str *out)
{
	bool name = true;

	str_adds(out, before);
	for (const char *p = row->header; *p != '\0'; p++) {
		name = p == row->header || p[-1] == '\n' ?
		    *p != ' ' && *p != '\t' : name && *p != ':';
		if (crlf && *p == '\n' && (p == row->header || p[-1] != '\r'))
			str_addc(out, '\r');
		str_addc(out, upper && name && *p >= 'a' && *p <= 'z' ?
		    (char)(*p - 'a' + 'A') : *p);
	}
}

static void
what_gets_no_answer_gets_none_however_it_is_written(void **state)
{
	static const char *const before[] = { "", "Received: by x; now\n",
	    "Subject: Re: lunch\n", "Auto-Submitted: no\n",
	    "Precedence: normal\n", "X-Spam-Flag: NO\n",
	    "DKIM-Signature: v=1;\n a=x;\n\tb=y\n", "Subject:\n",
	    "X-Auto-Response-Suppress: DR\n", "MIME-Version: 1.0\n",
	    "Message-ID: <a@b>\nReferences: <c@d>\n",
	    "X-8bit: \xFF\xFE\x80\n" };
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].wanted == ANSWER_SENT || rows[i].header == NULL ||
		    strncmp(rows[i].header, "From ", 5) == 0)
			continue;
		for (size_t j = 0; j < sizeof before / sizeof *before * 4;
		    j++) {
			SCOPED(drop_str) struct str header = { 0 };
			vary(&rows[i], before[j / 4], j % 2, j / 2 % 2,
			    &header);
			const struct row varied = { rows[i].name,
			    rows[i].wanted, rows[i].sender,
			    str_text(&header) };
			check(ask(&varied, ANSWER_VACATION), rows[i].wanted);
			count++;
		}
	}
	assert_true(count >= 9000);
}

static void
a_header_longer_than_what_is_looked_at_gets_none(void **state)
{
	const struct answer_own nobody = { .count = 0 };
	SCOPED(drop_str) struct str message = { 0 };

	(void)state;
	str_adds(&message, "To: joe@a.test\nSubject: long");
	struct answer_question q = {
		.kind = ANSWER_AUTO, .own = &nobody, .sender = "ann@far.test",
		.message = str_slice(&message),
	};
	check(answer_judge(&q), ANSWER_LONG_HEADER);
	str_adds(&message, "\nLis");
	q.message = str_slice(&message);
	check(answer_judge(&q), ANSWER_LONG_HEADER);
	q.whole = true;
	check(answer_judge(&q), ANSWER_SENT);
	str_adds(&message, "\n\nbody");
	q.message = str_slice(&message);
	q.whole = false;
	check(answer_judge(&q), ANSWER_SENT);
}

/* 64,000 addresses, comments and quotes: no more work than there are bytes. */
static void
a_header_full_of_addresses_is_read_once(void **state)
{
	const struct answer_own nobody = { .count = 0 };
	SCOPED(drop_str) struct str message = { 0 };

	(void)state;
	str_adds(&message, "To: ");
	while (message.len < 250000)
		str_adds(&message, "a@b,((()))\"x\",");
	str_adds(&message, "\nCc: ");
	for (int i = 0; i < 1000; i++)
		str_adds(&message, "a@\xC3\xBC.test, ");
	str_adds(&message, "\n\n");
	check(answer_judge(&(struct answer_question){
	    .kind = ANSWER_VACATION, .own = &nobody, .whole = true,
	    .sender = "ann@far.test", .message = str_slice(&message) }),
	    ANSWER_NOT_ADDRESSED);
}

/* None of 100,000 is closed, and each is looked at: bounded, it takes a blink,
 * else minutes. */
static void
what_is_never_closed_is_not_looked_through_each_time(void **state)
{
	static const char *const marks[] = { "(<a>,", "\"<a>,", "[<a>,",
	    "((((", "\"\\\"" };
	const struct answer_own nobody = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		SCOPED(drop_str) struct str message = { 0 };
		struct timespec start, end;
		str_adds(&message, "To: ");
		while (message.len < 250000)
			str_adds(&message, marks[i]);
		str_adds(&message, "\n\n");
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		check(answer_judge(&(struct answer_question){
		    .kind = ANSWER_VACATION, .own = &nobody, .whole = true,
		    .sender = "ann@far.test",
		    .message = str_slice(&message) }), ANSWER_NOT_ADDRESSED);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		assert_in_range(end.tv_sec - start.tv_sec, 0, 4);
	}
}

/* Of each the program vidn would be started. */
static void
few_domains_of_a_header_are_converted(void **state)
{
	static const char *const fields[] = { "To", "From", "Cc",
	    "Resent-Bcc" };
	SCOPED(drop_str) struct str header = { 0 };

	(void)state;
	for (int i = 0; i < 24000; i++)
		str_addf(&header, "%s:joe@\xC3\xA9\n", fields[i % 4]);
	struct row row = { .header = str_text(&header) };
	conversions = 0;
	check(ask(&row, ANSWER_VACATION), ANSWER_NOT_ADDRESSED);
	assert_in_range(conversions, 1, 8);
	str_adds(&header, "Cc: joe@a.test\n");
	row.header = str_text(&header);
	check(ask(&row, ANSWER_VACATION), ANSWER_SENT);
}

/* --- own addresses -------------------------------------------------------- */

static const struct step
	aliased = { .address = "all@c.test", .how = "alias" },
	extended = { .before = &aliased, .address = "joe+x@a.test",
	    .how = "account" },
	caught = { .address = "nobody@a.test", .how = "fallback" },
	after_caught = { .before = &caught, .address = "joe@a.test",
	    .how = "account" },
	forwarded = { .address = "eve@a.test", .how = "forward" },
	after_forward = { .before = &forwarded, .address = "joe@a.test",
	    .how = "account" };

static bool
has(const struct answer_own *own, const char *local, const char *domain)
{
	return answer_is_own(own, &(struct address){ local, domain });
}

static void
each_name_that_led_here_is_an_address_of_its_own(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct more_ways more = { &after_caught, NULL };
	const struct target target = {
		.account = &joe, .domain = &with_full_names, .way = &extended,
		.others = &more,
	};
	struct answer_own own;

	(void)state;
	answer_own_addresses(&target, &pool, &own);
	assert_true(has(&own, "joe", "a.test"));
	assert_true(has(&own, "JOE", "A.test"));
	assert_true(has(&own, "all", "c.test"));
	assert_true(has(&own, "joe+x", "a.test"));
	assert_true(has(&own, "joe.a.user", "a.test"));
	assert_false(has(&own, "all", "a.test"));
	assert_false(has(&own, "joe+y", "a.test"));
	assert_false(has(&own, "nobody", "a.test"));
	assert_false(has(&own, "joe", "b.test"));
}

static void
a_name_before_a_forward_or_a_fallback_is_none(void **state)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct step *const ways[] = { &after_caught, &after_forward };
	struct answer_own own;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct target target = { .account = &joe,
		    .domain = &with_full_names, .way = ways[i] };
		answer_own_addresses(&target, &pool, &own);
		assert_true(has(&own, "joe", "a.test"));
		assert_false(has(&own, "nobody", "a.test"));
		assert_false(has(&own, "eve", "a.test"));
	}
}

/* --- the recipient -------------------------------------------------------- */

static const struct recipient_row {
	const char	*name, *sender;
	const char	*wanted;	/* NULL: nobody can be written to */
} recipients[] = {
	{ "to: an address", "ann@far.test", "ann@far.test" },
	{ "to: a domain in capitals", "Ann@FAR.test", "Ann@far.test" },
	{ "to: a comma is quoted", "a,b@far.test", "\"a,b\"@far.test" },
	{ "to: a blank is quoted", "a b@far.test", "\"a b\"@far.test" },
	{ "to: brackets are quoted", "<a>b@far.test", "\"<a>b\"@far.test" },
	{ "to: a quote is escaped", "\"a\\\"b\"@far.test",
	  "\"a\\\"b\"@far.test" },
	{ "to: a source route goes", "@x.test,@y.test:ann@far.test",
	  "ann@far.test" },
	{ "to: a domain literal", "ann@[192.0.2.1]", "ann@[192.0.2.1]" },
	{ "to: UTF-8", "j\xC3\xBCrgen@far.test", "j\xC3\xBCrgen@far.test" },
	{ "to: no UTF-8", "j\xFCrgen@far.test", NULL },
	{ "to: no domain", "ann", NULL },
	{ "to: two addresses", "ann@far.test,eve@evil.test", NULL },
	{ "to: two domains", "ann@far.test eve", NULL },
	{ "to: a comma in the domain", "ann@far.test,root", NULL },
	{ "to: a semicolon in the domain", "ann@far.test;root", NULL },
	{ "to: a hyphen first", "-oQ/tmp@far.test", NULL },
	{ "to: a pipe is quoted, or is none", "|id@far.test",
	  "|id@far.test" },
	{ "to: an unclosed literal", "ann@[1", NULL },
	{ "to: a line end", "ann@far.test\nBcc: x@y", NULL },
};

static void
check_recipient(void **state)
{
	const struct recipient_row *row = *state;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct address to;
	struct err err;

	int got = answer_recipient(&pool, row->sender, &to, &err);
	assert_int_equal(got, row->wanted != NULL ? 0 : -1);
	if (got == 0)
		assert_string_equal(address_text(&pool, to.local, to.domain),
		    row->wanted);
}

int
main(void)
{
	add_rows(rows, vacation);
	add_rows(auto_rows, autoresponder);
	add_test("an autoresponder decides alike", both_decide_alike);
	add_test("what gets no answer gets none, however it is written",
	    what_gets_no_answer_gets_none_however_it_is_written);
	add_test("a header longer than what is looked at gets none",
	    a_header_longer_than_what_is_looked_at_gets_none);
	add_test("a header full of addresses is read once",
	    a_header_full_of_addresses_is_read_once);
	add_test("what is never closed is not looked through each time",
	    what_is_never_closed_is_not_looked_through_each_time);
	add_test("few domains of a header are converted",
	    few_domains_of_a_header_are_converted);
	add_test("each name that led here is an address of its own",
	    each_name_that_led_here_is_an_address_of_its_own);
	add_test("a name before a forward or a fallback is none",
	    a_name_before_a_forward_or_a_fallback_is_none);
	add_rows(recipients, check_recipient);
	return run_all();
}
