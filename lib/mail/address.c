/* address.c: e-mail addresses: RFC 5321's Mailbox, as text and as two parts. */
#include "address.h"

#include <stdbool.h>
#include <string.h>

#include "name.h"
#include "scope.h"

/* RFC 5321 4.5.3.1: of a local part, an @ and a domain. */
enum { SENDER_MAX = 64 + 1 + 255 };

static bool
has_forbidden_bytes(struct slice s)
{
	return slice_has(s, '\0') || slice_has(s, '\r') || slice_has(s, '\n');
}

static struct slice
without_brackets(struct slice s)
{
	s = slice_trim(s);
	if (slice_starts(s, "<") && slice_ends(s, ">") && s.len >= 2)
		return slice_trim((struct slice){ s.p + 1, s.len - 2 });
	return s;
}

/* RFC 5321 4.1.1.3: "@one,@two:user@domain" means user@domain. */
static struct slice
without_route(struct slice s)
{
	ptrdiff_t colon = slice_find(s, ':');

	return slice_starts(s, "@") && colon != -1 ?
	    slice_from(s, (size_t)colon + 1) : s;
}

/* Reads a quoted local part; *used is how much of s it takes. */
static int
unquote(struct slice s, struct str *local, size_t *used)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '"') {
			*used = i + 1;
			return 0;
		}
		if (s.p[i] == '\\' && ++i == s.len)
			return -1;
		str_addc(local, s.p[i]);
	}
	return -1;
}

static int
split(struct slice s, struct str *local, struct slice *domain)
{
	size_t used;

	if (slice_starts(s, "\"")) {
		if (unquote(s, local, &used) == -1 ||
		    (used < s.len && s.p[used] != '@'))
			return -1;
	} else {
		ptrdiff_t at = slice_find_last(s, '@');
		used = at == -1 ? s.len : (size_t)at;
		str_add(local, s.p, used);
		if (slice_has(str_slice(local), '@'))
			return -1;
	}
	*domain = slice_from(s, used + 1);
	return (used < s.len && domain->len == 0) ||
	    slice_has(*domain, '@') ? -1 : 0;
}

int
address_split(struct slice text, struct str *local, struct slice *domain,
    struct err *err)
{
	struct slice s = without_route(without_brackets(text));

	str_cut(local, 0);
	if (has_forbidden_bytes(text))
		return err_set(err, ERR_INVALID,
		    "an address with NUL, CR or LF in it");
	if (slice_starts(s, "-"))
		return err_set(err, ERR_INVALID,
		    "an address that begins with '-'");
	if (split(s, local, domain) == -1 || local->len == 0)
		return err_set(err, ERR_INVALID, "not an e-mail address");
	if (local->s[0] == '-')
		return err_set(err, ERR_INVALID,
		    "an address that begins with '-'");
	return 0;
}

int
address_parse(struct pool *pool, struct slice text, struct address *out,
    struct err *err)
{
	SCOPED(drop_str) struct str local = { 0 }, domain = { 0 };
	struct slice given;

	if (address_split(text, &local, &given, err) == -1)
		return -1;
	if (given.len > 0 && name_canonical_domain(given, &domain, err) == -1) {
		if (err->kind != ERR_INVALID)
			return -1;
		str_addlower(&domain, given);
	}
	out->local = pool_dup(pool, str_slice(&local));
	out->domain = pool_dup(pool, str_slice(&domain));
	return 0;
}

/* RFC 5321's Dot-string; 8-bit bytes as in RFC 6531. */
static bool
is_dot_string(const char *local)
{
	size_t n = strlen(local);

	if (n == 0 || local[0] == '.' || local[n - 1] == '.' ||
	    strstr(local, "..") != NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)local[i];
		if (c <= ' ' || c == 0x7F ||
		    strchr("()<>[]:;@\\,\"", c) != NULL)
			return false;
	}
	return true;
}

static void
add_quoted(struct str *out, struct slice local)
{
	str_addc(out, '"');
	for (size_t i = 0; i < local.len; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\')
			str_addc(out, '\\');
		str_addc(out, local.p[i]);
	}
	str_addc(out, '"');
}

void
address_add(struct str *out, const char *local, const char *domain)
{
	if (is_dot_string(local))
		str_adds(out, local);
	else
		add_quoted(out, slice_of(local));
	if (domain[0] != '\0')
		str_addf(out, "@%s", domain);
}

const char *
address_text(struct pool *pool, const char *local, const char *domain)
{
	SCOPED(drop_str) struct str text = { 0 };

	address_add(&text, local, domain);
	return pool_dup(pool, str_slice(&text));
}

/* The next layer of brackets off, or a source route; one that leads to nobody
 * is no null sender. */
static struct slice
unwrapped_once(struct slice s)
{
	struct slice inner = without_brackets(s), end = without_route(inner);

	return without_brackets(end).len > 0 ? end : inner;
}

int
address_sender(struct pool *pool, struct slice text, const char **out,
    struct err *err)
{
	struct slice s = text, inner;

	/* "<<>>" without its brackets would be the null sender to others. */
	while ((inner = unwrapped_once(s)).len < s.len)
		s = inner;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
			return err_set(err, ERR_INVALID,
			    "a sender with control bytes in it");
	if (slice_starts(s, "-"))
		return err_set(err, ERR_INVALID,
		    "a sender that begins with '-'");
	if (slice_same(s, SLICE("MAILER-DAEMON")))
		s.len = 0;
	*out = pool_dup(pool, s);
	return 0;
}

/* Labels, or a literal in square brackets: nothing that could end a header's
 * angle bracket. */
static bool
is_plain_domain(struct slice s)
{
	bool literal = slice_starts(s, "[") && slice_ends(s, "]") && s.len > 2;
	const char *also = literal ? "-.:" : "-._";
	char before = '.';

	if (literal)
		s = (struct slice){ s.p + 1, s.len - 2 };
	for (size_t i = 0; i < s.len; before = s.p[i++]) {
		char c = ascii_lower(s.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    (unsigned char)c > 0x7F || strchr(also, c) != NULL) ||
		    (c == '.' && before == '.'))
			return false;
	}
	return s.len > 0;
}

/* An address or a bare word; its domain keeps its spelling.  False: it is
 * neither, and nothing was added. */
static bool
add_mailbox(struct str *out, struct slice s)
{
	SCOPED(drop_str) struct str local = { 0 };
	struct slice domain;

	if (split(s, &local, &domain) == -1 || local.len == 0 ||
	    (domain.len > 0 && !is_plain_domain(domain)))
		return false;
	/* Quotes stay as they were given; and without them "-x" would be an
	 * option. */
	if (s.p[0] == '"' || local.s[0] == '-')
		add_quoted(out, str_slice(&local));
	else
		address_add(out, str_text(&local), "");
	if (domain.len > 0) {
		str_addc(out, '@');
		str_addslice(out, domain);
	}
	return true;
}

/* Its first bytes, and no half character. */
static struct slice
shortened(struct slice s)
{
	if (s.len <= SENDER_MAX)
		return s;
	for (s.len = SENDER_MAX; s.len > SENDER_MAX - 4 &&
	    ((unsigned char)s.p[s.len] & 0xC0) == 0x80; )
		s.len--;
	return s;
}

void
address_add_sender(struct str *out, const char *sender)
{
	struct slice s = slice_of(sender);

	if (s.len > 0 && (s.len > SENDER_MAX || !add_mailbox(out, s)))
		add_quoted(out, shortened(s));
}

const char *
address_option(struct pool *pool, const char *sender)
{
	SCOPED(drop_str) struct str text = { 0 };
	struct slice s = slice_of(sender);

	if (s.len == 0)
		return "<>";
	bool mailbox = add_mailbox(&text, s);
	if (s.len > SENDER_MAX && !(mailbox && slice_has(s, '@')))
		return "<>";
	if (!mailbox)
		add_quoted(&text, s);
	return pool_dup(pool, str_slice(&text));
}
