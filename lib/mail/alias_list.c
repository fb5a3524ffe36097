/* alias_list.c: the list of members behind "name:", or in an included file. */
#include "alias_list.h"

#include <string.h>

#include "alias_member.h"
#include "mem.h"
#include "scope.h"

struct list {
	struct pool		*pool;
	struct slice		 rest;
	unsigned		 line;
	bool			 by_line;
	enum alias_trust	 trust;
	struct alias_member	*members;	/* owned */
	size_t			 count, room;
};

static void
drop_list(struct list *l)
{
	drop_mem(&l->members);
}

/* --- characters -------------------------------------------------------- */

static char
peek(const struct list *l)
{
	return l->rest.len > 0 ? l->rest.p[0] : '\0';
}

static char
take(struct list *l)
{
	char c = l->rest.p[0];

	if (c == '\n')
		l->line++;
	l->rest = (struct slice){ l->rest.p + 1, l->rest.len - 1 };
	return c;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool
ends_member(const struct list *l)
{
	char c = peek(l);

	return l->rest.len == 0 || c == ',' || (c == '\n' && l->by_line);
}

/* Blanks, commas, and sendmail's comments in lists: #@# to the line's end. */
static void
skip_between(struct list *l)
{
	while (l->rest.len > 0) {
		if (slice_starts(l->rest, "#@#"))
			while (l->rest.len > 0 && peek(l) != '\n')
				take(l);
		else if (is_space(peek(l)) || peek(l) == ',')
			take(l);
		else
			return;
	}
}

/* --- one member's text ------------------------------------------------- */

/* "..." with backslash escapes, appended as it is (raw) or as it means. */
static int
take_quoted(struct list *l, struct str *out, bool raw, struct err *err)
{
	unsigned line = l->line;
	char c = take(l);

	if (raw)
		str_addc(out, c);
	while (l->rest.len > 0) {
		c = take(l);
		if (c == '\n')
			c = ' ';		/* a continuation line */
		if (c == '"') {
			if (raw)
				str_addc(out, c);
			return 0;
		}
		if (c == '\\' && l->rest.len > 0) {
			if (raw)
				str_addc(out, c);
			c = take(l);
		}
		str_addc(out, c);
	}
	l->line = line;
	return err_set(err, ERR_INVALID, "a quotation mark is not closed");
}

/* (comments (may nest)), which mean nothing. */
static int
skip_comment(struct list *l, struct err *err)
{
	unsigned line = l->line;
	int depth = 0;

	while (l->rest.len > 0) {
		char c = take(l);
		if (c == '\\' && l->rest.len > 0)
			take(l);
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return 0;
	}
	l->line = line;
	return err_set(err, ERR_INVALID, "a bracket is not closed");
}

/* |command without quotes around all of it: up to the next comma that is not
 * in quotes.  |"command" means the same as "|command". */
static int
take_command(struct list *l, struct str *out, struct err *err)
{
	SCOPED(drop_str) struct str raw = { 0 };
	struct list again = { 0 };

	take(l);
	while (!ends_member(l)) {
		if (peek(l) == '"') {
			if (take_quoted(l, &raw, true, err) == -1)
				return -1;
		} else {
			char c = take(l);
			str_addc(&raw, c == '\n' ? ' ' : c);
		}
	}
	struct slice command = slice_trim(str_slice(&raw));
	str_addc(out, '|');
	again.rest = command;
	size_t before = out->len;
	if (slice_starts(command, "\"") &&
	    take_quoted(&again, out, false, err) == 0 && again.rest.len == 0)
		return 0;
	str_cut(out, before);
	str_addslice(out, command);
	return 0;
}

/* An address, bare or as "Name <address>"; comments are left out. */
static int
take_address(struct list *l, struct str *out, struct err *err)
{
	bool gap = false;
	unsigned word_behind_gap = 0;		/* its line */

	while (!ends_member(l)) {
		char c = peek(l);
		if (c == '<') {
			str_cut(out, 0);
			while (l->rest.len > 0 && peek(l) != '>' &&
			    peek(l) != '\n')
				str_addc(out, take(l));
			if (peek(l) != '>')
				return err_set(err, ERR_INVALID,
				    "'<' without '>'");
			str_addc(out, take(l));
			gap = false;
			word_behind_gap = 0;
		} else if (c == '(') {
			if (skip_comment(l, err) == -1)
				return -1;
		} else if (c == ')' || c == '>') {
			return err_set(err, ERR_INVALID,
			    "'%c' that nothing opens", c);
		} else if (slice_starts(l->rest, "#@#")) {
			skip_between(l);
			break;
		} else if (is_space(c)) {
			take(l);
			gap = out->len > 0;
		} else {
			if (gap && word_behind_gap == 0)
				word_behind_gap = l->line;
			gap = false;
			if (c == '"' ? take_quoted(l, out, true, err) == -1 :
			    (str_addc(out, take(l)), 0))
				return -1;
		}
	}
	if (word_behind_gap == 0)
		return 0;
	l->line = word_behind_gap;
	return err_set(err, ERR_INVALID,
	    "a comma is missing between two members");
}

/* sendmail takes ":include: /file", too. */
static void
take_include(struct list *l, struct str *out)
{
	str_adds(out, INCLUDE_MARK);
	l->rest = slice_from(l->rest, strlen(INCLUDE_MARK));
	while (peek(l) == ' ' || peek(l) == '\t')
		take(l);
}

static int
take_member(struct list *l, struct str *out, struct err *err)
{
	if (peek(l) == '|')
		return take_command(l, out, err);
	if (alias_member_is_include(l->rest))
		take_include(l, out);
	if (!alias_member_is_quoted(l->rest))
		return take_address(l, out, err);
	if (take_quoted(l, out, false, err) == -1)
		return -1;
	while (!ends_member(l) && (is_space(peek(l)) || peek(l) == '('))
		if (peek(l) != '(')
			take(l);
		else if (skip_comment(l, err) == -1)
			return -1;
	if (ends_member(l) || slice_starts(l->rest, "#@#"))
		return 0;
	return err_set(err, ERR_INVALID,
	    "something follows a quoted member: a comma is missing");
}

/* --- the list ---------------------------------------------------------- */

static int
check_trust(const struct list *l, enum alias_kind kind, struct err *err)
{
	const char *what = alias_needs_trust(kind);

	if (l->trust == ALIAS_TRUSTED || what == NULL ||
	    (l->trust == ALIAS_COMMANDS && kind == ALIAS_COMMAND))
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s counts only in a file that belongs to root and that nobody "
	    "else can write to", what);
}

static int
add_member(struct list *l, struct slice text, unsigned line, struct err *err)
{
	enum alias_kind kind;
	struct slice part;

	if (alias_member_classify(l->pool, text, &kind, &part, err) == -1 ||
	    check_trust(l, kind, err) == -1)
		return -1;
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->members = mem_grow(l->members, l->room, sizeof *l->members);
	}
	l->members[l->count++] = (struct alias_member){ kind,
	    pool_dup(l->pool, part), line };
	return 0;
}

/* Looked for once: a list can be megabytes long. */
static int
check_nul(struct list *l, struct err *err)
{
	ptrdiff_t nul = slice_find(l->rest, '\0');

	if (nul == -1)
		return 0;
	while (nul-- > 0)
		take(l);
	return err_set(err, ERR_INVALID, "a NUL byte is in the entry");
}

static int
parse(struct list *l, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (check_nul(l, err) == -1)
		return -1;
	for (skip_between(l); l->rest.len > 0; skip_between(l)) {
		unsigned line = l->line;
		str_cut(&text, 0);
		if (take_member(l, &text, err) == -1)
			return -1;
		/* What was but a comment is no member. */
		if (text.len > 0 && add_member(l, str_slice(&text), line,
		    err) == -1) {
			l->line = line;
			return -1;
		}
	}
	return 0;
}

int
alias_list_parse(struct pool *pool, struct slice text, bool by_line,
    enum alias_trust trust, unsigned *line, struct alias_member **members,
    size_t *count, struct err *err)
{
	SCOPED(drop_list) struct list l = {
		.pool = pool, .rest = text, .line = *line, .by_line = by_line,
		.trust = trust,
	};
	int result = parse(&l, err);

	*line = l.line;
	if (result == -1)
		return -1;
	*members = pool_alloc(pool, l.count * sizeof **members);
	if (l.count > 0)
		memcpy(*members, l.members, l.count * sizeof **members);
	*count = l.count;
	return 0;
}

int
alias_parse_member(struct pool *pool, struct slice text,
    struct alias_member *out, struct err *err)
{
	struct alias_member *members;
	unsigned line = 1;
	size_t count;

	if (alias_list_parse(pool, text, false, ALIAS_TRUSTED, &line, &members,
	    &count, err) == -1)
		return -1;
	if (count != 1)
		return err_set(err, ERR_INVALID, "'%.*s' is not one member",
		    (int)text.len, text.p);
	*out = members[0];
	return 0;
}
