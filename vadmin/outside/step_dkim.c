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

/* "p=": -1: it is no base64.  out has room for it. */
static int
decode(struct slice p, char *out, size_t *len)
{
	SCOPED(drop_str) struct str packed = { 0 };

	for (size_t i = 0; i < p.len; i++)
		if (p.p[i] != ' ' && p.p[i] != '\t')
			str_addc(&packed, p.p[i]);
	return base64_decode(str_slice(&packed), out, len);
}

/* A sequence of DER, as a key of RSA is one, says at its beginning how long it
 * is: 30 82 HIGH LOW, or 30 81 LOW.  Of a long key whose first string alone was
 * published the rest is missing. */
static bool
is_whole(const char *key, size_t len)
{
	const unsigned char *p = (const unsigned char *)key;

	if (len < 4 || p[0] != 0x30)
		return false;
	return p[1] == 0x82 ? len == 4 + ((size_t)p[2] << 8 | p[3]) :
	    p[1] == 0x81 ? len == 3 + (size_t)p[2] : len == 2 + (size_t)p[1];
}

static void
judge_bytes(struct look *look, const char *selector, struct slice p,
    bool is_ed)
{
	SCOPED(drop_mem) char *key = mem_alloc(p.len + 1);
	size_t len = 0;

	if (decode(p, key, &len) == -1)
		look_warn(look, "%s: its key (p=) is no base64: publish it "
		    "whole, in strings of up to 255 bytes", selector);
	else if (!is_ed && !is_whole(key, len))
		look_warn(look, "%s: its key (p=) is not whole: publish it "
		    "whole, in strings of up to 255 bytes", selector);
	else if (is_ed ? len != ED25519_LENGTH : len < RSA_LENGTH_MIN)
		look_warn(look, "%s: its key is too short, and receivers "
		    "ignore it: make one of 2048 bits (RSA)", selector);
}

static void
judge_key(struct look *look, const char *selector, struct slice text)
{
	struct slice p = { 0 }, value, kind = SLICE("rsa");

	tag_value(text, "k", &kind);
	bool is_ed = slice_is(kind, "ed25519");
	if (tag_value(text, "v", &value) && !slice_is(value, "DKIM1"))
		look_warn(look, "%s: it says v=%.*s, and not DKIM1: receivers "
		    "ignore it: write v=DKIM1 in front", selector,
		    (int)value.len, value.p);
	if (!is_ed && !slice_is(kind, "rsa"))
		look_warn(look, "%s: it is a key of another kind than rsa or "
		    "ed25519 (k=%.*s): receivers ignore it", selector,
		    (int)kind.len, kind.p);
	else if (!tag_value(text, "p", &p))
		look_warn(look, "%s: it has no key (p=): publish what the "
		    "signer's key generator printed", selector);
	else if (p.len == 0)
		look_warn(look, "%s: its key was revoked (p=): sign with "
		    "another selector", selector);
	else
		judge_bytes(look, selector, p, is_ed);
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
	size_t before = look->text.len, keys = 0;

	if (look_up(look, name, DNS_TXT, &answer) == -1)
		return;
	for (size_t i = 0; i < answer.count; i++)
		if (is_key(answer.records[i].text) && keys++ == 0)
			judge_key(look, selector, answer.records[i].text);
	if (keys == 0)
		look_warn(look, "%s: no key is published: %s. IN TXT "
		    "\"v=DKIM1; k=rsa; p=...\" (the signer's key generator "
		    "prints it)", selector, look_place(look, name, &answer));
	else if (keys > 1)
		look_warn(look, "%s: %zu keys, where there must be one: %s",
		    selector, keys, name);
	if (look->text.len == before)
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
