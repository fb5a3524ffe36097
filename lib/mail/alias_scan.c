/* alias_scan.c: the entries of one alias file that is open. */
#include "alias_scan.h"

#include "alias_list.h"
#include "index.h"
#include "lines.h"
#include "scope.h"

/* bytes of one entry: more is an error of its own */
enum { ENTRY_MAX = 4 << 20 };

/* --- entries of a file ------------------------------------------------- */

/* The entry that is being put together from its lines. */
struct gathering {
	bool		 open;
	struct str	 name;
	/* behind the colon; lines joined by '\n' */
	struct str	 text;
	off_t		 offset, next;	/* of the next one */
	unsigned	 line, last_line;
	const char	*wrong;
};

static void
drop_gathering(struct gathering *g)
{
	drop_str(&g->name);
	drop_str(&g->text);
}

struct scan {
	struct lines	 lines;
	/* the line before ended in a backslash */
	bool		 continued;
	struct gathering entry;
};

static void
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
	if (s->lines.too_long || g->text.len + line.len > ENTRY_MAX) {
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

static bool
is_comment_or_empty(struct slice line)
{
	struct slice text = slice_trim(line);

	return text.len == 0 || text.p[0] == '#';
}

/* Not 0 ends the scan. */
typedef int gathered(void *arg, const struct gathering *entry, struct err *err);

static int
finish(struct scan *s, off_t next, gathered *visit, void *arg, struct err *err)
{
	if (!s->entry.open)
		return 0;
	s->entry.open = false;
	s->entry.next = next;
	return visit(arg, &s->entry, err);
}

static int
scan(struct scan *s, gathered *visit, void *arg, struct err *err)
{
	struct slice line;
	int got;

	while ((got = lines_next(&s->lines, &line, err)) == 1) {
		bool indented = line.len > 0 &&
		    (line.p[0] == ' ' || line.p[0] == '\t');
		if (is_comment_or_empty(line) && !s->continued)
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

static int
scan_file(int fd, gathered *visit, void *arg, struct err *err)
{
	SCOPED(drop_scan) struct scan s = { .lines.fd = fd };

	return scan(&s, visit, arg, err);
}

/* --- entries as callers see them --------------------------------------- */

struct source {
	struct pool			*pool;
	const char			*path;		/* for messages */
	enum alias_trust		 trust;
};

static struct alias_entry *
make_entry(const struct source *src, const struct gathering *g, bool by_line)
{
	struct alias_entry *entry = pool_alloc(src->pool, sizeof *entry);
	unsigned line = g->line;
	struct err err;

	entry->name = pool_dup(src->pool, str_slice(&g->name));
	entry->file = src->path;
	entry->line = g->line;
	entry->last_line = g->last_line;
	const char *wrong = g->wrong;
	if (wrong == NULL && alias_list_parse(src->pool, str_slice(&g->text),
	    by_line, src->trust, &line, &entry->members, &entry->count,
	    &err) == -1)
		wrong = err.text;
	if (wrong == NULL && entry->count == 0 && !by_line)
		wrong = "the alias has no members";
	if (wrong != NULL)
		entry->wrong = pool_format(src->pool, "%s:%u: %s", src->path,
		    line, wrong);
	return entry;
}

struct search {
	struct slice		 name;
	struct gathering	 last;
	bool			 found, again;
	bool			 first_only;	/* of what is scanned */
};

static void
drop_search(struct search *search)
{
	drop_gathering(&search->last);
}

static int
remember_match(void *arg, const struct gathering *entry, struct err *err)
{
	struct search *search = arg;

	(void)err;
	if (!slice_same(str_slice(&entry->name), search->name))
		return search->first_only;
	search->again = search->found;
	search->found = true;
	str_cut(&search->last.text, 0);
	str_cut(&search->last.name, 0);
	str_addslice(&search->last.text, str_slice(&entry->text));
	str_addslice(&search->last.name, str_slice(&entry->name));
	search->last.line = entry->line;
	search->last.last_line = entry->last_line;
	search->last.wrong = entry->wrong;
	return search->first_only;
}

/* Only the entries that begin at the places. */
static int
scan_places(int fd, const struct textindex_places *places,
    struct search *search, struct err *err)
{
	search->first_only = true;
	for (size_t i = 0; i < places->count; i++) {
		SCOPED(drop_scan) struct scan s = { .lines.fd = fd };
		if (lines_start(&s.lines, places->place[i].offset,
		    places->place[i].line, err) == -1 ||
		    scan(&s, remember_match, search, err) == -1)
			return -1;
	}
	return 0;
}

static int
find_entry(struct source *src, int fd, const struct alias_question *question,
    struct alias_entry **out, struct err *err)
{
	SCOPED(drop_search) struct search search = { .name = question->name };

	if ((question->places != NULL ?
	    scan_places(fd, question->places, &search, err) :
	    scan_file(fd, remember_match, &search, err)) == -1)
		return err_within(err, "%s", src->path);
	if (!search.found)
		return err_set(err, ERR_ABSENT, "%s has no such alias",
		    src->path);
	*out = make_entry(src, &search.last, false);
	(*out)->again = search.again;
	return 0;
}

/* Comment lines become empty ones: what is left are members. */
static int
read_include(struct source *src, int fd, struct alias_entry **out,
    struct err *err)
{
	SCOPED(drop_lines) struct lines lines = { .fd = fd };
	SCOPED(drop_gathering) struct gathering g = { .line = 1 };
	struct slice line;
	int got;

	while ((got = lines_next(&lines, &line, err)) == 1) {
		if (lines.too_long || g.text.len + line.len > ENTRY_MAX)
			return err_set(err, ERR_TEMPORARY,
			    "%s:%u: the list is too long", src->path,
			    lines.number);
		if (!is_comment_or_empty(line))
			str_addslice(&g.text, line);
		str_addc(&g.text, '\n');
		g.last_line = lines.number;
	}
	if (got == -1)
		return err_within(err, "%s", src->path);
	*out = make_entry(src, &g, true);
	return 0;
}

/* --- what callers ask for ---------------------------------------------- */

int
alias_scan(struct pool *pool, const char *path, int fd, bool trusted,
    const struct alias_question *question, struct alias_entry **out,
    struct err *err)
{
	struct source src = {
		.pool = pool, .path = path,
		.trust = trusted ? ALIAS_TRUSTED : question->commands ?
		    ALIAS_COMMANDS : ALIAS_ADDRESSES,
	};

	if (question->include)
		return read_include(&src, fd, out, err);
	return find_entry(&src, fd, question, out, err);
}

struct tour {
	struct source	*src;
	alias_visitor	*visit;
	void		*arg;
};

static int
show_entry(void *arg, const struct gathering *g, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct tour *tour = arg;
	struct source src = *tour->src;

	src.pool = &pool;
	return tour->visit(tour->arg, make_entry(&src, g, false), err);
}

int
alias_scan_each(const char *path, int fd, alias_visitor *visit, void *arg,
    struct err *err)
{
	struct source src = { .path = path, .trust = ALIAS_TRUSTED };
	struct tour tour = { &src, visit, arg };

	return scan_file(fd, show_entry, &tour, err);
}

struct extents {
	struct source		*src;
	off_t			 from;
	alias_extent_visitor	*visit;
	void			*arg;
};

static int
show_extent(void *arg, const struct gathering *g, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct extents *extents = arg;
	struct source src = *extents->src;
	struct alias_extent extent = { extents->from + g->offset,
	    extents->from + g->next };

	src.pool = &pool;
	return extents->visit(extents->arg, make_entry(&src, g, false), &extent,
	    err);
}

int
alias_scan_extents(const char *path, int fd,
    const struct textindex_place *from, alias_extent_visitor *visit, void *arg,
    struct err *err)
{
	SCOPED(drop_scan) struct scan s = { .lines.fd = fd };
	struct source src = { .path = path, .trust = ALIAS_TRUSTED };
	struct textindex_place place = { 0, 1 };
	struct extents extents = { &src, 0, visit, arg };

	if (from != NULL)
		place = *from;
	extents.from = place.offset;
	if (lines_start(&s.lines, place.offset, place.line, err) == -1)
		return -1;
	return scan(&s, show_extent, &extents, err) == -1 ? -1 : 0;
}

struct naming {
	index_visitor	*visit;
	void		*arg;
};

static int
visit_name(void *arg, const struct gathering *g, struct err *err)
{
	struct naming *naming = arg;
	struct textindex_place place = { g->offset, g->line };

	return naming->visit(naming->arg, INDEX_ALIAS, str_slice(&g->name),
	    &place, err);
}

int
alias_scan_names(int fd, unsigned lines_before, index_visitor *visit, void *arg,
    struct err *err)
{
	SCOPED(drop_scan) struct scan s = { .lines = { .fd = fd,
	    .number = lines_before } };
	struct naming naming = { visit, arg };

	return scan(&s, visit_name, &naming, err) == -1 ? -1 : 0;
}
