/* alias_gather.c: the lines of an alias file, put together to entries. */
#include "alias_gather.h"

#include "scope.h"

void
drop_gathering(struct gathering *g)
{
	drop_str(&g->name);
	drop_str(&g->text);
}

void
drop_scan(struct scan *s)
{
	drop_lines(&s->lines);
	drop_gathering(&s->entry);
}

/* "name" or "quoted name", then ':'.  *rest is what follows it. */
static const char *
split_name(struct slice line, struct str *name, struct slice *rest)
{
	struct slice at = line;
	bool closed = false;

	if (!slice_starts(line, "\"")) {
		struct slice head = { 0 };
		if (slice_cut(&at, ':', &head) && at.p != NULL) {
			str_addslice(name, slice_trim(head));
			*rest = at;
			return name->len > 0 ? NULL :
			    "a name is missing before ':'";
		}
		/* Most likely "name member": it is that name's mail that
		 * waits. */
		at = line;
		slice_word(&at, &head);
		str_addslice(name, head);
		return "':' is missing behind the name";
	}
	size_t i = 1;
	for (; i < line.len && !closed; i++) {
		closed = line.p[i] == '"';
		if (line.p[i] == '\\' && i + 1 < line.len)
			i++;
		if (!closed)
			str_addc(name, line.p[i]);
	}
	*rest = slice_trim(slice_from(line, i));
	if (!closed || !slice_starts(*rest, ":"))
		return "':' is missing behind the name";
	*rest = slice_from(*rest, 1);
	return NULL;
}

/* Takes the backslash at the line's end off. */
static bool
cut_backslash(struct slice *line)
{
	if (!slice_ends(*line, "\\"))
		return false;
	line->len--;
	return true;
}

static void
add_line(struct scan *s, struct slice line)
{
	struct gathering *g = &s->entry;

	s->continued = cut_backslash(&line);
	if (s->lines.too_long || g->text.len + line.len > ALIAS_ENTRY_MAX) {
		g->wrong = "the entry is too long";
		return;
	}
	/* Comment lines in between count, so that line numbers stay right. */
	if (g->text.len > 0 || s->lines.number > g->line)
		for (unsigned n = g->last_line; n < s->lines.number; n++)
			str_addc(&g->text, '\n');
	str_addslice(&g->text, line);
	g->last_line = s->lines.number;
}

static void
begin(struct scan *s, struct slice line)
{
	struct gathering *g = &s->entry;
	struct slice rest = { 0 };

	str_cut(&g->name, 0);
	str_cut(&g->text, 0);
	g->open = true;
	g->offset = s->lines.offset;
	g->line = g->last_line = s->lines.number;
	g->wrong = split_name(line, &g->name, &rest);
	if (slice_has(line, '\0'))
		g->wrong = "a NUL byte is in the line";
	add_line(s, rest);
}

bool
alias_is_comment_or_empty(struct slice line)
{
	struct slice text = slice_trim(line);

	return text.len == 0 || text.p[0] == '#';
}

static int
finish(struct scan *s, off_t next, gathered *visit, void *arg, struct err *err)
{
	if (!s->entry.open)
		return 0;
	s->entry.open = false;
	s->entry.next = next;
	return visit(arg, &s->entry, err);
}

int
alias_gather(struct scan *s, gathered *visit, void *arg, struct err *err)
{
	struct slice line;
	int got;

	while ((got = lines_next(&s->lines, &line, err)) == 1) {
		bool indented = line.len > 0 &&
		    (line.p[0] == ' ' || line.p[0] == '\t');
		if (alias_is_comment_or_empty(line) && !s->continued)
			continue;
		if ((indented || s->continued) && s->entry.open) {
			add_line(s, line);
			continue;
		}
		if ((got = finish(s, s->lines.offset, visit, arg, err)) != 0)
			return got;
		begin(s, slice_trim(line));
	}
	return got == -1 ? -1 : finish(s, s->lines.total, visit, arg, err);
}

int
alias_gather_file(int fd, gathered *visit, void *arg, struct err *err)
{
	SCOPED(drop_scan) struct scan s = { .lines.fd = fd };

	return alias_gather(&s, visit, arg, err);
}
