/* lmtp_envelope.c: what MAIL FROM, RCPT TO and BDAT say. */
#include "lmtp_envelope.h"

static int
refuse(const char **refusal, const char *reply)
{
	*refusal = reply;
	return -1;
}

/* --- the path ---------------------------------------------------------- */

/* Where the '>' is that ends "<...>": a quoted string may hold others.  -1:
 * nowhere. */
static ptrdiff_t
find_end(struct slice text)
{
	bool quoted = false;

	for (size_t i = 1; i < text.len; i++) {
		char c = text.p[i];
		if (c == '\\' && quoted)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '>' && !quoted)
			return (ptrdiff_t)i;
	}
	return -1;
}

/* "<...>" and then a blank or nothing; *text moves behind it.  Blanks before
 * it are not RFC 5321's, but old clients send them. */
static int
take_path(struct slice *text, struct slice *path, const char **refusal)
{
	struct slice s = slice_trim(*text);
	ptrdiff_t end = slice_starts(s, "<") ? find_end(s) : -1;

	if (end == -1)
		return refuse(refusal,
		    "501 5.5.2 an address in angle brackets is needed");
	*text = slice_from(s, (size_t)end + 1);
	if (text->len > 0 && text->p[0] != ' ')
		return refuse(refusal,
		    "501 5.5.2 a blank is needed behind the address");
	*path = slice_trim((struct slice){ s.p + 1, (size_t)end - 1 });
	return 0;
}

static bool
has_control_bytes(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
			return true;
	return false;
}

static bool
has_8bit_bytes(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] > 0x7F)
			return true;
	return false;
}

/* RFC 5321 4.1.1.3: a source route is ignored.  One that leads to nobody is
 * not the null sender: it stays, and is no address. */
static struct slice
without_route(struct slice path)
{
	ptrdiff_t colon = slice_find(path, ':');

	if (!slice_starts(path, "@") || colon == -1)
		return path;
	struct slice rest = slice_trim(slice_from(path, (size_t)colon + 1));
	return rest.len > 0 ? rest : path;
}

/* --- MAIL's parameters ------------------------------------------------- */

static int
take_size(struct slice value, struct lmtp_path *out, const char **refusal)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			value.len = 0;
	if (value.len < 1 || value.len > 20)	/* RFC 1870 4 */
		return refuse(refusal, "501 5.5.4 SIZE= needs a number");
	if (slice_number(value, UINT64_MAX, &out->size) == -1)
		out->size = UINT64_MAX;
	return 0;
}

static int
take_body(struct slice value, struct lmtp_path *out, const char **refusal)
{
	(void)out;
	if (slice_same(value, SLICE("7BIT")) ||
	    slice_same(value, SLICE("8BITMIME")))
		return 0;
	return refuse(refusal, "501 5.5.4 BODY= is 7BIT or 8BITMIME");
}

static int
take_utf8(struct slice value, struct lmtp_path *out, const char **refusal)
{
	if (value.p != NULL)
		return refuse(refusal, "501 5.5.4 SMTPUTF8 has no value");
	out->utf8 = true;
	return 0;
}

static const struct parameter {
	struct slice	name;
	/* value.p is NULL when there was no '=' */
	int		(*take)(struct slice value, struct lmtp_path *out,
			    const char **refusal);
} parameters[] = {
	{ { "SIZE", 4 }, take_size },
	{ { "BODY", 4 }, take_body },
	{ { "SMTPUTF8", 8 }, take_utf8 },
	{ { 0 }, NULL }
};

static const struct parameter *
find_parameter(struct slice name)
{
	const struct parameter *p = parameters;

	while (p->take != NULL && !slice_same(p->name, name))
		p++;
	return p;
}

static int
take_parameters(struct slice text, struct lmtp_path *out, const char **refusal)
{
	struct slice word, name;
	unsigned seen = 0;

	while (slice_cut(&text, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (!slice_cut(&word, '=', &name))
			continue;
		const struct parameter *p = find_parameter(name);
		unsigned bit = 1U << (p - parameters);
		if (p->take == NULL)
			return refuse(refusal,
			    "555 5.5.4 unknown parameter of MAIL");
		if ((seen & bit) != 0)
			return refuse(refusal,
			    "501 5.5.4 a parameter stands there twice");
		if (p->take(word, out, refusal) == -1)
			return -1;
		seen |= bit;
	}
	return 0;
}

/* --- the commands ------------------------------------------------------- */

int
lmtp_parse_mail(struct slice text, struct lmtp_path *out, const char **refusal)
{
	struct lmtp_path mail = { 0 };
	struct slice path;

	if (take_path(&text, &path, refusal) == -1)
		return -1;
	mail.address = without_route(path);
	if (path.len > LMTP_PATH_MAX)
		return refuse(refusal, "501 5.1.7 the sender is too long");
	if (has_control_bytes(path))
		return refuse(refusal,
		    "501 5.1.7 a sender with control bytes in it");
	if (slice_starts(mail.address, "-"))
		return refuse(refusal,
		    "501 5.1.7 a sender that begins with '-'");
	if (slice_starts(mail.address, "@"))
		return refuse(refusal,
		    "501 5.1.7 a sender without a local part");
	if (take_parameters(text, &mail, refusal) == -1)
		return -1;
	if (has_8bit_bytes(path) && !mail.utf8)
		return refuse(refusal,
		    "553 5.6.7 an 8-bit sender needs SMTPUTF8");
	*out = mail;
	return 0;
}

int
lmtp_parse_rcpt(struct slice text, bool utf8, struct lmtp_path *out,
    const char **refusal)
{
	struct slice path;

	if (take_path(&text, &path, refusal) == -1)
		return -1;
	if (path.len == 0)
		return refuse(refusal, "501 5.1.3 an empty recipient");
	if (path.len > LMTP_PATH_MAX)
		return refuse(refusal, "501 5.1.3 the recipient is too long");
	if (has_control_bytes(path))
		return refuse(refusal,
		    "501 5.1.3 a recipient with control bytes in it");
	if (slice_trim(text).len > 0)
		return refuse(refusal, "555 5.5.4 unknown parameter of RCPT");
	if (has_8bit_bytes(path) && !utf8)
		return refuse(refusal,
		    "553 5.6.7 an 8-bit recipient needs SMTPUTF8");
	*out = (struct lmtp_path){ .address = without_route(path) };
	return 0;
}

int
lmtp_parse_bdat(struct slice text, struct lmtp_chunk *out)
{
	struct lmtp_chunk chunk = { 0 };
	struct slice rest = slice_trim(text), number;

	if (!slice_cut(&rest, ' ', &number) ||
	    slice_number(number, UINT64_MAX, &chunk.octets) == -1)
		return -1;
	rest = slice_trim(rest);
	chunk.last = rest.len > 0;
	if (chunk.last && !slice_same(rest, SLICE("LAST")))
		return -1;
	*out = chunk;
	return 0;
}
