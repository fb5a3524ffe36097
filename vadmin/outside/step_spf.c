/* step_spf.c: who may send a domain's mail (RFC 7208). */
#include <sys/socket.h>
#include <string.h>

#include "scope.h"
#include "spf.h"

enum { LOOKUPS_MAX = 10, VOID_MAX = 2 };	/* RFC 7208, 4.6.4 */

static char	follow(struct look *look, struct spf *spf, struct slice domain,
		    const char *what, bool passes);

static struct term
read_term(struct slice word)
{
	struct term t = { .qualifier = '+', .name = word };

	if (strchr("+-~?", word.p[0]) != NULL) {
		t.qualifier = word.p[0];
		t.name = slice_from(word, 1);
	}
	for (size_t i = 0; i < t.name.len; i++) {
		char c = t.name.p[i];
		if (c != ':' && c != '=' && c != '/')
			continue;
		t.separator = c;
		t.value = slice_from(t.name, i + 1);
		t.name.len = i;
		break;
	}
	return t;
}

static bool
is_in(struct slice name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (slice_same(name, slice_of(*list)))
			return true;
	return false;
}

/* --- words ---------------------------------------------------------------- */

static void
judge_include(struct look *look, struct spf *spf, struct slice domain,
    bool passes)
{
	spf->lookups++;
	if (follow(look, spf, domain, "include:", passes) == '+' && passes)
		look_warn(look, "include:%.*s says +all: everybody may send as "
		    "%s: take it out", (int)domain.len, domain.p,
		    look->q->domain);
}

/* counts: it stands before all, behind which nothing is asked. */
static void
judge_term(struct look *look, struct spf *spf, const struct record *record,
    struct term t, bool counts)
{
	static const char *const of_names[] = { "a", "mx", NULL },
	    *const asking[] = { "ptr", "exists", NULL };
	bool passes = record->passes && counts && t.qualifier == '+';

	if (t.separator == '=' || (t.separator == '\0' &&
	    slice_same(t.name, SLICE("all"))))
		return;		/* a modifier, of any name */
	if (slice_same(t.name, SLICE("include"))) {
		if (counts)
			judge_include(look, spf, t.value, passes);
	} else if (slice_same(t.name, SLICE("ip4"))) {
		spf_judge_network(look, spf, record, t, AF_INET, passes);
	} else if (slice_same(t.name, SLICE("ip6"))) {
		spf_judge_network(look, spf, record, t, AF_INET6, passes);
	} else if (is_in(t.name, of_names)) {
		spf->lookups += counts;
		if (counts && spf->lookups <= LOOKUPS_MAX)
			spf_judge_name(look, spf, record, t, passes);
	} else if (is_in(t.name, asking)) {
		spf->lookups += counts;
	} else {
		look_warn(look, "SPF has no word %s: take it out",
		    slice_same(t.name, SLICE("all")) ? spf_written(look, record,
		    t) : spf_quoted(look, record, t.name));
		spf->is_wrong = true;
	}
}

/* RFC 7208, 6: each at most once. */
static void
judge_once(struct look *look, struct spf *spf, const struct record *record,
    const char *name, unsigned count)
{
	if (count <= 1)
		return;
	look_warn(look, "SPF has %s twice, and receivers take nothing of it: "
	    "leave one of them", spf_quoted(look, record, slice_of(name)));
	spf->is_wrong = true;
}

/* Returns the qualifier of its all, or of that of its redirect=; NUL: it has
 * none. */
static char
read_record(struct look *look, struct spf *spf, struct record record,
    struct slice text)
{
	struct slice word, redirect = { 0 };
	char all = '\0';

	slice_cut(&text, ' ', &word);
	while (slice_cut(&text, ' ', &word) && spf->lookups <= LOOKUPS_MAX) {
		if (word.len == 0)
			continue;
		struct term t = read_term(word);
		bool is_modifier = t.separator == '=';
		if (is_modifier && slice_same(t.name, SLICE("exp")))
			record.explanations++;
		if (is_modifier && slice_same(t.name, SLICE("redirect"))) {
			record.redirects++;
			redirect = t.value;
		}
		judge_term(look, spf, &record, t, all == '\0');
		if (all == '\0' && !is_modifier &&
		    slice_same(t.name, SLICE("all")))
			all = t.qualifier;
	}
	judge_once(look, spf, &record, "redirect=", record.redirects);
	judge_once(look, spf, &record, "exp=", record.explanations);
	/* it counts where nothing before it matched */
	if (redirect.len > 0 && all == '\0') {
		spf->lookups++;
		all = follow(look, spf, redirect, "redirect=", record.passes);
	}
	return all;
}

static bool
is_spf(struct slice text)
{
	static const struct slice version = SLICE("v=spf1");

	return slice_starts_same(text, "v=spf1") && (text.len == version.len ||
	    text.p[version.len] == ' ');
}

/* Reads the record of another name; what it returns is read_record()'s. */
static char
follow(struct look *look, struct spf *spf, struct slice domain,
    const char *what, bool passes)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	struct slice text;

	/* what the message decides (macros) cannot be followed */
	if (spf->lookups > LOOKUPS_MAX || slice_has(domain, '%'))
		return '?';
	if (slice_ends(domain, "."))
		domain.len--;
	const char *name = pool_dup(&look->pool, domain);
	int count = look_is_host(name) ? look_up_text(look, name, is_spf,
	    &answer, &text) : 0;
	if (count == 1)
		return read_record(look, spf, (struct record){ .domain = name,
		    .passes = passes }, text);
	spf->is_wrong = true;
	if (count != -1)
		look_warn(look, "%s%s has %s SPF record: take it out", what,
		    name, count == 0 ? "no" : "more than one");
	return '\0';
}

static void
judge(struct look *look, const struct spf *spf, char all, struct slice text)
{
	if (spf->lookups > LOOKUPS_MAX)
		look_warn(look, "SPF asks more than %d questions of the DNS, "
		    "and receivers give up: name networks (ip4:, ip6:) in "
		    "place of include:, a and mx", LOOKUPS_MAX);
	else if (all == '+')
		look_warn(look, "SPF says +all: everybody may send as %s: end "
		    "it with -all or ~all", look->q->domain);
	else if (all == '\0' && !spf->is_wrong)
		look_warn(look, "SPF does not say what of all others: end it "
		    "with -all or ~all");
	if (spf->nothing > VOID_MAX)
		look_warn(look, "SPF has %u names that are not there, and "
		    "receivers give up at the third", spf->nothing);
	if (look->level == OUTSIDE_OK)
		look_ok(look, "%.*s", (int)text.len, text.p);
}

void
look_spf(struct look *look)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	const char *d = look->q->domain;
	struct slice text;
	struct spf spf = { 0 };
	int count = look_up_text(look, d, is_spf, &answer, &text);

	if (count == 0)
		look_warn(look, "no SPF record: %s. IN TXT \"v=spf1 mx -all\"",
		    d);
	else if (count > 1)
		look_warn(look, "%d SPF records, where receivers take none: "
		    "make one of them", count);
	if (count != 1)
		return;
	char all = read_record(look, &spf, (struct record){ .domain = d,
	    .passes = true }, text);
	judge(look, &spf, all, text);
}
