/* alias_scan.c: the entries of one alias file that is open. */
#include "alias_scan.h"

#include "alias_gather.h"
#include "alias_list.h"
#include "lines.h"
#include "scope.h"

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
		    alias_gather(&s, remember_match, search, err) == -1)
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
	    alias_gather_file(fd, remember_match, &search, err)) == -1)
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
		if (lines.too_long || g.text.len + line.len > ALIAS_ENTRY_MAX)
			return err_set(err, ERR_TEMPORARY,
			    "%s:%u: the list is too long", src->path,
			    lines.number);
		if (!alias_is_comment_or_empty(line))
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

	return alias_gather_file(fd, show_entry, &tour, err);
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
	return alias_gather(&s, show_extent, &extents, err) == -1 ? -1 : 0;
}

struct lines_tour {
	alias_lines_visitor	*visit;
	void			*arg;
};

static int
show_lines(void *arg, const struct gathering *g, struct err *err)
{
	const struct lines_tour *tour = arg;
	struct alias_lines entry = { str_slice(&g->name), str_slice(&g->text),
	    g->offset, g->line, g->wrong };

	return tour->visit(tour->arg, &entry, err);
}

int
alias_scan_lines(int fd, unsigned lines_before, alias_lines_visitor *visit,
    void *arg, struct err *err)
{
	SCOPED(drop_scan) struct scan s = { .lines = { .fd = fd,
	    .number = lines_before } };
	struct lines_tour tour = { visit, arg };

	return alias_gather(&s, show_lines, &tour, err) == -1 ? -1 : 0;
}
