/* named_conf.c: the zones in the configuration of a BIND name server. */
#include "named_conf.h"

#include <string.h>

#include "named_token.h"
#include "scope.h"

void
drop_named(struct named *named)
{
	drop_str(&named->directory);
}

/* --- what both syntaxes share -------------------------------------------- */

/* The root, reverse zones, and what every BIND has for the machine itself. */
static bool
is_forward(struct slice name)
{
	static const char *const others[] = { "in-addr.arpa", "ip6.arpa",
	    "ip6.int", "localhost", "localdomain" };
	SCOPED(drop_str) struct str dotted = { 0 }, end = { 0 };

	str_addc(&dotted, '.');
	str_addlower(&dotted, name);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		str_cut(&end, 0);
		str_addf(&end, ".%s", others[i]);
		if (slice_ends(str_slice(&dotted), str_text(&end)))
			return false;
	}
	return name.len > 0;
}

static int
tell_zone(struct named *named, struct slice name, struct err *err)
{
	if (slice_ends(name, "."))
		name.len--;
	return is_forward(name) ? named->reader->zone(named->reader->arg, name,
	    err) : 0;
}

static bool
is_copy(struct slice kind)
{
	static const char *const kinds[] = { "primary", "secondary", "master",
	    "slave" };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_same(kind, slice_of(kinds[i])))
			return true;
	return false;
}

static int
tell_include(struct named *named, struct slice path, struct err *err)
{
	SCOPED(drop_str) struct str whole = { 0 };

	if (path.len == 0 || slice_has(path, '\0'))
		return err_set(err, ERR_INVALID, "include of no file");
	if (path.p[0] != '/' && named->directory.len > 0)
		str_addf(&whole, "%s/", str_text(&named->directory));
	str_addslice(&whole, path);
	return named->reader->include(named->reader->arg, named,
	    str_text(&whole), err);
}

static void
keep_directory(struct named *named, struct slice path)
{
	str_cut(&named->directory, 0);
	if (!slice_has(path, '\0'))
		str_addslice(&named->directory, path);
}

/* Only what is wrong in the text has a place in it, that of the innermost
 * file. */
static int
place(struct named *named, const char *path, unsigned line, struct err *err)
{
	if (err->kind == ERR_INVALID && !named->is_placed)
		err_fill_within(err, "%s:%u", path, line);
	named->is_placed = true;
	return -1;
}

/* --- BIND 4 -------------------------------------------------------------- */

static int
read_boot_line(struct named *named, struct slice line, struct err *err)
{
	struct slice text, rest, word = { 0 }, value = { 0 }, kind;

	slice_cut(&line, ';', &text);
	rest = text;
	if (!slice_word(&rest, &word) || !slice_word(&rest, &value))
		return 0;
	if (slice_same(word, SLICE("directory")))
		keep_directory(named, value);
	else if (slice_same(word, SLICE("include")))
		return tell_include(named, value, err);
	slice_cut(&word, '/', &kind);	/* primary/IN */
	return is_copy(kind) && (word.len == 0 || slice_same(word,
	    SLICE("IN"))) && slice_word(&rest, &text) ?
	    tell_zone(named, value, err) : 0;
}

static int
read_boot(struct named *named, const char *path, struct slice text,
    struct err *err)
{
	struct slice line;

	for (unsigned number = 1; slice_cut(&text, '\n', &line); number++) {
		if (slice_ends(line, "\r"))
			line.len--;
		named->line = number;
		if (read_boot_line(named, line, err) == -1)
			return place(named, path, number, err);
	}
	return 0;
}

/* --- BIND 8 and 9: statements -------------------------------------------- */

static int
broken(const struct named_source *s, struct err *err)
{
	return err_set(err, ERR_INVALID, s->now.kind == NAMED_BROKEN ?
	    "a comment or a quoted word has no end" :
	    s->now.kind == NAMED_END ? "it ends within a statement: a '}' or "
	    "';' is missing" : "a '}' or ';' is where none can be");
}

/* To the ';' of this statement, over the blocks in it. */
static int
skip_statement(struct named_source *s, struct err *err)
{
	unsigned depth = 0;

	while (!(depth == 0 && named_at_mark(s, ';'))) {
		if (named_at_mark(s, '{'))
			depth++;
		else if (named_at_mark(s, '}') && depth-- == 0)
			return broken(s, err);
		if (named_next(s) == NAMED_END || s->now.kind == NAMED_BROKEN)
			return broken(s, err);
	}
	return 0;
}

/* From the '{' to its '}': the value of the statement "word value" in it. */
static int
find_in_block(struct named_source *s, const char *word, struct slice *value,
    struct err *err)
{
	while (named_next(s) != NAMED_END && !named_at_mark(s, '}')) {
		bool is_it = named_at_word(s, word);
		if (is_it && named_next(s) == NAMED_WORD)
			*value = s->now.text;
		if (skip_statement(s, err) == -1)
			return -1;
	}
	return named_at_mark(s, '}') ? 0 : broken(s, err);
}

/* 'zone "name" class {': what stands before the block.  1: there is a block. */
static int
read_head(struct named_source *s, struct slice *name, bool *internet,
    struct err *err)
{
	*name = SLICE("");
	*internet = true;
	if (named_next(s) != NAMED_WORD)
		return broken(s, err);
	*name = s->now.text;
	if (named_next(s) == NAMED_WORD) {
		*internet = named_at_word(s, "IN");
		named_next(s);
	}
	return named_at_mark(s, '{') ? 1 : 0;
}

static int
read_zone(struct named *named, struct named_source *s, struct err *err)
{
	struct slice name, kind = { 0 };
	bool internet;
	int block = read_head(s, &name, &internet, err);

	if (block == -1 || (block == 1 &&
	    find_in_block(s, "type", &kind, err) == -1))
		return -1;
	if (block == 1)
		named_next(s);
	if (skip_statement(s, err) == -1)
		return -1;
	return internet && is_copy(kind) ? tell_zone(named, name, err) : 0;
}

static int
read_options(struct named *named, struct named_source *s, struct err *err)
{
	struct slice directory = { 0 };

	if (named_next(s) == NAMED_MARK && named_at_mark(s, '{')) {
		if (find_in_block(s, "directory", &directory, err) == -1)
			return -1;
		if (directory.len > 0)
			keep_directory(named, directory);
		named_next(s);
	}
	return skip_statement(s, err);
}

static int
read_include(struct named *named, struct named_source *s, struct err *err)
{
	if (named_next(s) != NAMED_WORD)
		return broken(s, err);
	struct slice path = s->now.text;
	return skip_statement(s, err) == -1 ? -1 :
	    tell_include(named, path, err);
}

/* Its statements are read like those around it. */
static int
enter_view(struct named_source *s, unsigned *depth, struct err *err)
{
	struct slice name;
	bool internet;
	int block = read_head(s, &name, &internet, err);

	if (block != 1)
		return block == -1 ? -1 : skip_statement(s, err);
	(*depth)++;
	return 0;
}

static int
leave_view(struct named_source *s, unsigned *depth, struct err *err)
{
	if (*depth == 0)
		return broken(s, err);
	(*depth)--;
	named_next(s);
	return skip_statement(s, err);
}

static int
read_statement(struct named *named, struct named_source *s, unsigned *depth,
    struct err *err)
{
	if (named_at_mark(s, ';'))
		return 0;
	if (named_at_mark(s, '}'))
		return leave_view(s, depth, err);
	if (named_at_word(s, "view"))
		return enter_view(s, depth, err);
	if (named_at_word(s, "zone"))
		return read_zone(named, s, err);
	if (named_at_word(s, "options"))
		return read_options(named, s, err);
	if (named_at_word(s, "include"))
		return read_include(named, s, err);
	return skip_statement(s, err);
}

static int
read_conf(struct named *named, const char *path, struct slice text,
    struct err *err)
{
	struct named_source s = { .rest = text, .line = 1 };
	unsigned depth = 0;

	while (named_next(&s) != NAMED_END) {
		unsigned line = s.line;
		named->line = line;
		if (s.now.kind == NAMED_BROKEN)
			broken(&s, err);
		else if (read_statement(named, &s, &depth, err) == 0)
			continue;
		return place(named, path, line, err);
	}
	if (depth == 0)
		return 0;
	broken(&s, err);
	return place(named, path, s.line, err);
}

/* --- which of both ------------------------------------------------------- */

/* By the first word: a line of named.boot has neither '{' nor a ';' that ends
 * it, but comments behind a ';'. */
static bool
looks_like_boot(struct slice text)
{
	static const char *const words[] = { "directory", "primary",
	    "secondary", "cache", "stub", "domain", "sortlist", "limit",
	    "xfrnets", "bogusns", "forwarders", "slave", "check-names",
	    "max-fetch", "tcplist" };
	struct named_source s = { .rest = text, .line = 1 };
	struct slice kind;

	if (named_next(&s) != NAMED_WORD)
		return named_at_mark(&s, ';');
	slice_cut(&s.now.text, '/', &kind);
	if (slice_same(kind, SLICE("include")) ||
	    slice_same(kind, SLICE("options"))) {
		ptrdiff_t end = slice_find(s.rest, '\n');
		struct slice line = { s.rest.p, end == -1 ? s.rest.len :
		    (size_t)end };
		return !slice_has(line, '"') && !slice_has(line, '{') &&
		    named_next(&s) == NAMED_WORD;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_same(kind, slice_of(words[i])))
			return true;
	return false;
}

int
named_read(struct named *named, const char *path, struct slice text,
    struct err *err)
{
	int result;

	if (slice_starts(text, "\xEF\xBB\xBF"))
		text = slice_from(text, 3);
	if (named->depth >= NAMED_INCLUDES_MAX)
		return err_set(err, ERR_INVALID,
		    "%s: %d files include one another: is it a circle?", path,
		    NAMED_INCLUDES_MAX);
	if (named->depth == 0)
		named->is_boot = looks_like_boot(text);
	const char *outer = named->path;
	named->depth++;
	named->path = path;
	result = named->is_boot ? read_boot(named, path, text, err) :
	    read_conf(named, path, text, err);
	named->path = outer;
	named->depth--;
	return result;
}
