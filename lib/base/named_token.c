/* named_token.c: the words and marks of a configuration of BIND 8 or 9. */
#include "named_token.h"

static void
step(struct named_source *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->line += s->rest.p[i] == '\n';
	s->rest = slice_from(s->rest, n);
}

static bool
at_comment(struct slice s)
{
	return slice_starts(s, "#") || slice_starts(s, "//") ||
	    slice_starts(s, "/*");
}

/* How long the comment at the start is; 0: it has no end. */
static size_t
comment_length(struct slice s)
{
	if (!slice_starts(s, "/*")) {
		ptrdiff_t end = slice_find(s, '\n');
		return end == -1 ? s.len : (size_t)end;
	}
	for (size_t i = 2; i + 1 < s.len; i++)
		if (s.p[i] == '*' && s.p[i + 1] == '/')
			return i + 2;
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* False: a comment has no end. */
static bool
skip_blanks(struct named_source *s)
{
	while (s->rest.len > 0) {
		if (is_blank(s->rest.p[0])) {
			step(s, 1);
			continue;
		}
		if (!at_comment(s->rest))
			return true;
		size_t n = comment_length(s->rest);
		if (n == 0)
			return false;
		step(s, n);
	}
	return true;
}

static bool
is_mark(char c)
{
	return c == '{' || c == '}' || c == ';';
}

static struct named_token
quoted(struct named_source *s)
{
	struct slice text = slice_from(s->rest, 1);
	size_t n = 0;

	while (n < text.len && text.p[n] != '"')
		n += text.p[n] == '\\' && n + 1 < text.len ? 2 : 1;
	if (n >= text.len)
		return (struct named_token){ .kind = NAMED_BROKEN };
	step(s, n + 2);
	return (struct named_token){ .kind = NAMED_WORD,
	    .text = { text.p, n } };
}

static struct named_token
plain_word(struct named_source *s)
{
	struct slice text = s->rest;
	size_t n = 0;

	while (n < text.len && !is_blank(text.p[n]) && !is_mark(text.p[n]) &&
	    text.p[n] != '"' && !at_comment(slice_from(text, n)))
		n++;
	step(s, n);
	return (struct named_token){ .kind = NAMED_WORD,
	    .text = { text.p, n } };
}

enum named_kind
named_next(struct named_source *s)
{
	if (!skip_blanks(s)) {
		s->now = (struct named_token){ .kind = NAMED_BROKEN };
	} else if (s->rest.len == 0) {
		s->now = (struct named_token){ .kind = NAMED_END };
	} else if (is_mark(s->rest.p[0])) {
		s->now = (struct named_token){ .kind = NAMED_MARK,
		    .mark = s->rest.p[0] };
		step(s, 1);
	} else {
		s->now = s->rest.p[0] == '"' ? quoted(s) : plain_word(s);
	}
	return s->now.kind;
}

bool
named_at_mark(const struct named_source *s, char mark)
{
	return s->now.kind == NAMED_MARK && s->now.mark == mark;
}

bool
named_at_word(const struct named_source *s, const char *word)
{
	return s->now.kind == NAMED_WORD &&
	    slice_same(s->now.text, slice_of(word));
}
