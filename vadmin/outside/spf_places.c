/* spf_places.c: networks and names in an SPF record: from where mail passes. */
#include "spf.h"

#include <arpa/inet.h>
#include <string.h>

#include "scope.h"

enum { MX_MAX = 10 };		/* RFC 7208, 4.6.4 */

const char *
spf_quoted(struct look *look, const struct record *record, struct slice word)
{
	bool is_own = strcmp(record->domain, look->q->domain) == 0;

	return pool_format(&look->pool, "'%.*s'%s%s%s", (int)word.len, word.p,
	    is_own ? "" : " (in the record of ", is_own ? "" : record->domain,
	    is_own ? "" : ")");
}

const char *
spf_written(struct look *look, const struct record *record, struct term t)
{
	return spf_quoted(look, record, (struct slice){ t.name.p, t.name.len +
	    (t.separator == '\0' ? 0 : 1 + t.value.len) });
}

/* --- networks ------------------------------------------------------------- */

/* "192.0.2.0/24": its prefix; -1: it is none of the family.  A number does not
 * begin with a 0 (RFC 7208, 12). */
static int
prefix_of(struct slice value, int family)
{
	char address[INET6_ADDRSTRLEN];
	unsigned char unused[sizeof(struct in6_addr)];
	uint64_t most = family == AF_INET ? 32 : 128, prefix = most;
	struct slice rest = value, text = value;
	bool has_prefix = slice_cut(&rest, '/', &text) &&
	    slice_has(value, '/');

	if (text.len == 0 || text.len >= sizeof address ||
	    slice_has(text, '\0'))
		return -1;
	memcpy(address, text.p, text.len);
	address[text.len] = '\0';
	if (inet_pton(family, address, unused) != 1)
		return -1;
	if (has_prefix && (slice_number(rest, most, &prefix) == -1 ||
	    (rest.len > 1 && rest.p[0] == '0')))
		return -1;
	return (int)prefix;
}

void
spf_judge_network(struct look *look, struct spf *spf, const struct record *record,
    struct term t, int family, bool passes)
{
	int prefix = t.separator != ':' ? -1 : prefix_of(t.value, family);

	if (prefix == -1) {
		look_warn(look, "SPF has %s, which is no network of %s, and "
		    "receivers take nothing of it: mend that word",
		    spf_written(look, record, t), family == AF_INET ? "IPv4" : "IPv6");
		spf->is_wrong = true;
	}
	if (prefix == 0 && passes)
		look_warn(look, "SPF says %s: everybody may send as %s: name "
		    "the networks of your own servers", spf_written(look,
		    record, t), look->q->domain);
}

/* --- names ---------------------------------------------------------------- */

/* A number does not begin with a 0 (RFC 7208, 12). */
static bool
read_prefix(struct slice text, uint64_t most, uint64_t *out)
{
	return slice_number(text, most, out) == 0 &&
	    (text.len == 1 || text.p[0] != '0');
}

/* "/24", "//64", or both, as they follow the name of a and mx: the shorter one;
 * -1: it is none. */
static int
shorter_prefix(struct slice text)
{
	uint64_t four = 32, six = 128;
	struct slice part = { 0 };

	if (text.len == 0)
		return (int)four;
	text = slice_from(text, 1);
	if (!slice_starts(text, "/")) {
		slice_cut(&text, '/', &part);
		if (!read_prefix(part, four, &four))
			return -1;
		if (text.p == NULL)
			return (int)four;
	}
	if (!slice_starts(text, "/") ||
	    !read_prefix(slice_from(text, 1), six, &six))
		return -1;
	return (int)(four < six ? four : six);
}

static void
judge_prefix(struct look *look, struct spf *spf, const struct record *record,
    struct term t, int prefix, bool passes)
{
	if (prefix == -1) {
		look_warn(look, "SPF has %s, where no network's length follows "
		    "the '/', and receivers take nothing of it: mend that word",
		    spf_written(look, record, t));
		spf->is_wrong = true;
	}
	if (prefix == 0 && passes)
		look_warn(look, "SPF says %s: everybody may send as %s: take "
		    "out what begins with '/'", spf_written(look, record, t),
		    look->q->domain);
}

/* How many addresses it has, or hosts that take its mail; -1: that was told. */
static int
count_of(struct look *look, const char *name, bool is_mx)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	const char *alias;
	size_t count = 0;

	if (!look_is_host(name))
		return 0;
	if (!is_mx)
		return look_up_addresses(look, name, NULL, 0, &count,
		    &alias) == -1 && count == 0 ? -1 : (int)count;
	return look_up(look, name, DNS_MX, &answer) == -1 ? -1 :
	    (int)answer.count;
}

void
spf_judge_name(struct look *look, struct spf *spf, const struct record *record,
    struct term t, bool passes)
{
	bool is_mx = slice_same(t.name, SLICE("mx"));
	struct slice name = t.separator == ':' ? t.value :
	    slice_of(record->domain), length = { 0 };
	ptrdiff_t slash = slice_find(name, '/');

	if (slice_has(name, '%'))
		return;
	if (t.separator == '/')
		length = (struct slice){ t.name.p + t.name.len,
		    1 + t.value.len };
	else if (slash != -1) {
		length = slice_from(name, (size_t)slash);
		name.len = (size_t)slash;
	}
	judge_prefix(look, spf, record, t, shorter_prefix(length), passes);
	if (slice_ends(name, "."))
		name.len--;
	const char *host = pool_dup(&look->pool, name);
	int count = count_of(look, host, is_mx);
	if (is_mx && count > MX_MAX)
		look_warn(look, "SPF has %s, and %s has more than %d MX, where "
		    "receivers give up: name networks (ip4:, ip6:)",
		    spf_written(look, record, t), host, MX_MAX);
	if (count != 0)
		return;
	spf->nothing++;
	look_warn(look, "SPF has %s, and %s has no %s: take it out",
	    spf_written(look, record, t), host, is_mx ? "MX" : "address");
}
