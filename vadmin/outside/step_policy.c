/* step_policy.c: what a domain asks of those who receive its mail (DMARC), or
 * send to it (MTA-STS, TLSA). */
#include <string.h>

#include "look.h"
#include "scope.h"
#include "tags.h"

/* --- DMARC (RFC 7489) ---------------------------------------------------- */

static bool
is_policy(struct slice p)
{
	return slice_same(p, SLICE("none")) ||
	    slice_same(p, SLICE("quarantine")) ||
	    slice_same(p, SLICE("reject"));
}

static void
judge_dmarc(struct look *look, const char *domain, int count,
    struct slice text)
{
	struct slice p;

	if (count > 1)
		look_warn(look, "%d DMARC records at _dmarc.%s, where "
		    "receivers take none: make one of them", count, domain);
	else if (!tag_value(text, "p", &p) || !is_policy(p))
		look_warn(look, "the DMARC record has no policy: "
		    "_dmarc.%s. IN TXT \"v=DMARC1; p=none\" (or quarantine, or "
		    "reject)", domain);
	else
		look_ok(look, "%.*s%s%s", (int)text.len, text.p,
		    domain != look->q->domain ? ", of " : "",
		    domain != look->q->domain ? domain : "");
}

static bool
is_dmarc(struct slice text)
{
	return tag_version(text, "DMARC1");
}

/* A domain without a record has its parent's: up to the one below the top. */
void
look_dmarc(struct look *look)
{
	const char *domain = look->q->domain, *dot, *place = NULL;
	struct slice text;

	while ((dot = strchr(domain, '.')) != NULL) {
		SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
		const char *name = pool_format(&look->pool, "_dmarc.%s",
		    domain);
		int count = look_up_text(look, name, is_dmarc, &answer, &text);
		if (count == -1)
			return;
		if (place == NULL)
			place = look_place(look, name, &answer);
		if (count > 0) {
			judge_dmarc(look, domain, count, text);
			return;
		}
		domain = dot + 1;
	}
	look_warn(look, "no DMARC record: %s. IN TXT \"v=DMARC1; p=none\"",
	    place != NULL ? place : pool_format(&look->pool, "_dmarc.%s",
	    look->q->domain));
}

/* --- MTA-STS (RFC 8461) -------------------------------------------------- */

static void
look_at_policy_host(struct look *look)
{
	struct look_address found[1];
	const char *alias = NULL, *host = pool_format(&look->pool,
	    "mta-sts.%s", look->q->domain);
	size_t count = 0;

	if (look_up_addresses(look, host, found, 1, &count, &alias) == -1)
		return;
	if (count == 0)
		look_warn(look, "%s, where the policy is fetched, has no "
		    "address: %s. IN A %s", host, host, look_own_address(look));
	else
		look_ok(look, "the policy is at https://%s/.well-known/"
		    "mta-sts.txt", host);
}

/* RFC 8461, 3.1 */
static bool
is_id(struct slice id)
{
	enum { LENGTH_MAX = 32 };

	for (size_t i = 0; i < id.len; i++) {
		char c = ascii_lower(id.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			return false;
	}
	return id.len > 0 && id.len <= LENGTH_MAX;
}

static bool
is_mta_sts(struct slice text)
{
	return tag_version(text, "STSv1");
}

void
look_mta_sts(struct look *look)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	const char *name = pool_format(&look->pool, "_mta-sts.%s",
	    look->q->domain);
	struct slice text, id;
	int count = look_up_text(look, name, is_mta_sts, &answer, &text);

	if (count == 0)
		look_none(look, "no record, and none is needed");
	else if (count > 1)
		look_warn(look, "%d records, where senders take none: make one "
		    "of them: %s", count, name);
	else if (count == 1 && (!tag_value(text, "id", &id) || !is_id(id)))
		look_warn(look, "the record has no id of up to 32 letters and "
		    "digits: %s. IN TXT \"v=STSv1; id=1\"", name);
	else if (count == 1)
		look_at_policy_host(look);
}

/* --- TLSA (RFC 7672) ----------------------------------------------------- */

/* usage, selector, kind, and the bytes: a certificate or key as it is, or its
 * SHA-256 or SHA-512.  The usages 0 and 1 name authorities of the web, and
 * senders of mail pass them over (RFC 7672, 3.1.3). */
static bool
is_tlsa(struct slice data)
{
	static const size_t lengths[] = { 0, 32, 64 };

	unsigned char usage = data.len > 4 ? (unsigned char)data.p[0] : 0,
	    kind = data.len > 4 ? (unsigned char)data.p[2] : 3;

	return kind <= 2 && (usage == 2 || usage == 3) &&
	    (unsigned char)data.p[1] <= 1 &&
	    (kind == 0 || data.len - 3 == lengths[kind]);
}

static void
look_at_tlsa(struct look *look, const char *host)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	const char *name = pool_format(&look->pool, "_25._tcp.%s", host);
	size_t good = 0;

	if (look_up(look, name, DNS_TLSA, &answer) == -1 || answer.count == 0)
		return;
	for (size_t i = 0; i < answer.count; i++)
		good += is_tlsa(answer.records[i].text);
	if (good < answer.count)
		look_warn(look, "%s: %zu of %zu records are none that senders "
		    "know: write usage 3, selector 1, type 1 and the SHA-256 "
		    "of the key", name, answer.count - good, answer.count);
	else
		look_ok(look, "%s: %zu%s", name, answer.count,
		    answer.authentic ? ", signed (DNSSEC)" : "; they count "
		    "only where the zone is signed (DNSSEC), which this name "
		    "server does not say");
}

void
look_tlsa(struct look *look)
{
	for (size_t i = 0; i < look->mx_count; i++)
		look_at_tlsa(look, look->mx[i].host);
	if (look->mx_count == 0)
		look_none(look, "not asked: no host that takes its mail is "
		    "known");
	else if (look->text.len == 0)
		look_none(look, "no record, and none is needed");
}
