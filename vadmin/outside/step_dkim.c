/* step_dkim.c: the keys of a domain's signatures (RFC 6376). */
#include <string.h>

#include "base64.h"
#include "look.h"
#include "mem.h"
#include "scope.h"
#include "tags.h"

/* A public RSA key of 1024 bits, as DER, has 162 bytes; RFC 8301 wants no
 * shorter one. */
enum { RSA_LENGTH_MIN = 160, ED25519_LENGTH = 32 };

/* "p=": -1: it is no base64. */
static int
decode(struct slice p, size_t *len)
{
	SCOPED(drop_str) struct str packed = { 0 };
	SCOPED(drop_mem) char *key = mem_alloc(p.len + 1);

	for (size_t i = 0; i < p.len; i++)
		if (p.p[i] != ' ' && p.p[i] != '\t')
			str_addc(&packed, p.p[i]);
	return base64_decode(str_slice(&packed), key, len);
}

static void
judge_key(struct look *look, const char *selector, struct slice text)
{
	struct slice p = { 0 }, value;
	size_t len = 0;

	if (!tag_value(text, "p", &p)) {
		look_warn(look, "%s: it has no key (p=): publish what the "
		    "signer's key generator printed", selector);
	} else if (p.len == 0) {
		look_warn(look, "%s: its key was revoked (p=): sign with "
		    "another selector", selector);
	} else if (decode(p, &len) == -1) {
		look_warn(look, "%s: its key (p=) is no base64: publish it "
		    "whole, in strings of up to 255 bytes", selector);
	} else {
		bool is_ed = tag_value(text, "k", &value) &&
		    slice_is(value, "ed25519");
		if (is_ed ? len != ED25519_LENGTH : len < RSA_LENGTH_MIN)
			look_warn(look, "%s: its key is too short, and "
			    "receivers ignore it: make one of 2048 bits (RSA)",
			    selector);
	}
	if (tag_value(text, "t", &value) && slice_has(value, 'y'))
		look_warn(look, "%s: it says that it is a test (t=y): take "
		    "that out when it works", selector);
}

/* The tag v= may be left out. */
static bool
is_key(struct slice text)
{
	struct slice unused;

	return slice_starts(text, "v=DKIM1") || tag_value(text, "p", &unused) ||
	    tag_value(text, "k", &unused);
}

static void
look_at_selector(struct look *look, const char *selector)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	const char *name = pool_format(&look->pool, "%s._domainkey.%s",
	    selector, look->q->domain);
	enum outside_level before = look->level;
	size_t keys = 0;

	if (look_up(look, name, DNS_TXT, &answer) == -1)
		return;
	for (size_t i = 0; i < answer.count; i++)
		if (is_key(answer.records[i].text) && keys++ == 0)
			judge_key(look, selector, answer.records[i].text);
	if (keys == 0)
		look_warn(look, "%s: no key is published: %s. IN TXT "
		    "\"v=DKIM1; k=rsa; p=...\" (the signer's key generator "
		    "prints it)", selector, name);
	else if (keys > 1)
		look_warn(look, "%s: %zu keys, where there must be one: %s",
		    selector, keys, name);
	if (look->level == before)
		look_ok(look, "%s", selector);
}

void
look_dkim(struct look *look)
{
	const struct selectors *all = &look->q->selectors;

	if (all->count == 0)
		look_none(look, "no selector is known: neither OpenDKIM nor "
		    "rspamd signs for %s here: name one: --selector",
		    look->q->domain);
	for (size_t i = 0; i < all->count; i++)
		look_at_selector(look, all->name[i]);
}
