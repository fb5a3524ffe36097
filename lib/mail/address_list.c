/* address_list.c: the addresses of a header field, as strangers write them. */
#include "address_list.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is read, and where it goes. */
struct reader {
	struct slice	 rest;
	struct listed	*out;
	struct str	 plain;		/* what stands outside of brackets */
	bool		 bracketed;	/* within < and > */
	bool		 found;		/* there were brackets */
};

static struct str *
target(struct reader *r)
{
	return r->bracketed ? &r->out->address : &r->plain;
}

/* Of a comment or a quoted string: a header has room for thousands that are not
 * closed, and each is looked through. */
enum { CLOSED_WITHIN = 1000 };

static size_t
within_reach(const struct reader *r)
{
	return r->rest.len < CLOSED_WITHIN ? r->rest.len : CLOSED_WITHIN;
}

/* What is not closed ends where an address in brackets begins. */
static size_t
up_to_bracket(const struct reader *r)
{
	ptrdiff_t bracket = slice_find(r->rest, '<');

	return bracket == -1 ? r->rest.len : (size_t)bracket;
}

/* "(a (nested) comment)"; a backslash takes the next byte with it. */
static void
skip_comment(struct reader *r)
{
	size_t depth = 0, end = within_reach(r);

	for (size_t i = 0; i < end; i++) {
		if (r->rest.p[i] == '\\') {
			i++;
		} else if (r->rest.p[i] == '(') {
			depth++;
		} else if (r->rest.p[i] == ')' && --depth == 0) {
			r->rest = slice_from(r->rest, i + 1);
			return;
		}
	}
	r->rest = slice_from(r->rest, up_to_bracket(r));
}

/* A quoted string or a domain literal, up to its end. */
static void
take_quoted(struct reader *r, char close)
{
	size_t i = 1, end = within_reach(r);

	while (i < end && r->rest.p[i] != close)
		i += r->rest.p[i] == '\\' ? 2 : 1;
	size_t len = i < end ? i + 1 : r->bracketed ? 1 : up_to_bracket(r);
	for (size_t n = 0; n < len; n++)
		if (r->rest.p[n] != '\r' && r->rest.p[n] != '\n')
			str_addc(target(r), r->rest.p[n]);
	r->rest = slice_from(r->rest, len);
}

/* False: here an address ends. */
static bool
take_byte(struct reader *r)
{
	char c = r->rest.p[0];

	r->rest = slice_from(r->rest, 1);
	if (r->bracketed) {
		r->bracketed = c != '>';
		if (r->bracketed && !is_blank(c))
			str_addc(&r->out->address, c);
		return true;
	}
	if (c == ',' || c == ';')
		return false;
	if (c == ':')
		/* that was the name of a group */
		str_cut(&r->plain, 0);
	else if (c == '<')
		r->bracketed = r->found = true;
	else
		str_addc(&r->plain, is_blank(c) ? ' ' : c);
	return true;
}

/* Blanks around the dots and the @ of an address mean nothing. */
static void
add_without_blanks(struct str *out, struct slice text)
{
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\\' && quoted && i + 1 < text.len)
			str_addc(out, text.p[i++]);
		else if (text.p[i] == '"')
			quoted = !quoted;
		if (quoted || text.p[i] != ' ')
			str_addc(out, text.p[i]);
	}
}

/* "'joe@a.test'" is what Outlook makes of an address without a name. */
static void
take_off_quotes(struct str *address)
{
	struct slice s = str_slice(address);

	if (s.len < 3 || s.p[0] != '\'' || s.p[s.len - 1] != '\'')
		return;
	memmove(address->s, address->s + 1, address->len - 1);
	str_cut(address, address->len - 2);
}

static void
take_one(struct reader *r)
{
	bool goes_on = true;

	while (goes_on && r->rest.len > 0) {
		char c = r->rest.p[0];
		if (c == '(')
			skip_comment(r);
		else if (c == '"')
			take_quoted(r, '"');
		else if (c == '[')
			take_quoted(r, ']');
		else
			goes_on = take_byte(r);
	}
	if (r->found)
		str_addslice(&r->out->name, slice_trim(str_slice(&r->plain)));
	else
		add_without_blanks(&r->out->address, str_slice(&r->plain));
	take_off_quotes(&r->out->address);
}

bool
address_list_next(struct slice *rest, struct listed *out)
{
	struct reader r = { .rest = *rest, .out = out };

	do {
		str_cut(&out->name, 0);
		str_cut(&out->address, 0);
		str_cut(&r.plain, 0);
		r.bracketed = r.found = false;
		take_one(&r);
	} while (out->address.len == 0 && r.rest.len > 0);
	drop_str(&r.plain);
	*rest = r.rest;
	return out->address.len > 0;
}

void
drop_listed(struct listed *listed)
{
	drop_str(&listed->name);
	drop_str(&listed->address);
}
