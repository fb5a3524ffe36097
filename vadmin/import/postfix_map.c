/* postfix_map.c: Postfix's lookup tables, by their texts. */
#include "postfix_map.h"

#include <fcntl.h>
#include <string.h>

#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"

enum { MAP_MAX = 256 << 20 };

struct reading {
	struct postfix_map		*map;
	const struct postfix_conf	*conf;
	const char			*parameter;
	enum map_kind			 kind;
	struct report			*report;
};

static void
add(const struct reading *r, struct slice key, struct slice value,
    const char *file, unsigned line)
{
	struct pool *pool = r->conf->pool;
	struct map_entry *entry = pool_alloc(pool, sizeof *entry);
	struct map_entry **at;

	*entry = (struct map_entry){ pool_dup(pool, key), pool_dup(pool,
	    value), file, line };
	at = (struct map_entry **)table_at(&r->map->by_key, pool_lower(pool,
	    key));
	if (*at != NULL) {
		report_left(r->report, pool_format(pool, "%s:%u", file, line),
		    entry->key, "%s:%u has it already", (*at)->file,
		    (*at)->line);
		return;
	}
	*at = entry;
	mem_room(&r->map->all, &r->map->room, r->map->count,
	    sizeof *r->map->all);
	r->map->all[r->map->count++] = entry;
}

static void
unreadable(const struct reading *r, const char *what, const char *why)
{
	report_wrong(r->report, postfix_conf_where(r->conf, r->parameter),
	    pool_format(r->conf->pool, "%s %s", r->parameter, what), "%s",
	    why);
	r->map->unread++;
}

/* The part of a text before the first separator that is in no quotes. */
static size_t
length_of_word(struct slice text, const char *separators)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.p[i] == '"')
			quoted = !quoted;
		else if (quoted)
			i += text.p[i] == '\\' && i + 1 < text.len;
		else if (text.p[i] != '\0' && strchr(separators,
		    text.p[i]) != NULL)
			break;
	}
	return i;
}

static struct slice
first_word(struct slice *line)
{
	struct slice word = { line->p, length_of_word(*line, " \t") };

	*line = slice_trim(slice_from(*line, word.len));
	return word;
}

bool
postfix_map_word(struct slice *rest, struct slice *word)
{
	static const char separators[] = " \t,";

	while (rest->len > 0 && strchr(separators, rest->p[0]) != NULL &&
	    rest->p[0] != '\0')
		*rest = slice_from(*rest, 1);
	*word = (struct slice){ rest->p, length_of_word(*rest, separators) };
	*rest = slice_from(*rest, word->len);
	return word->len > 0;
}

/* A line is a key and its value; in a list all words are keys. */
static void
read_text(const struct reading *r, const char *given, bool is_list)
{
	const char *path = postfix_conf_path(r->conf, given);
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct slice line;
	struct err err;

	if (file_open(AT_FDCWD, path, 0, &fd, NULL, &err) == -1 ||
	    file_read(fd, MAP_MAX, &text, &err) == -1) {
		unreadable(r, given, pool_format(r->conf->pool,
		    "its text cannot be read: %s", err.text));
		return;
	}
	SCOPED(drop_postfix_lines) struct postfix_lines lines = {
		.rest = str_slice(&text) };
	while (postfix_lines_next(&lines, &line))
		do {
			struct slice key = first_word(&line);
			add(r, key, line, path, lines.number);
		} while (is_list && line.len > 0);
}

static const char *const texts[] = { "hash", "btree", "cdb", "lmdb", "dbm",
    "sdbm", "texthash", NULL };

static bool
has_text(struct slice type)
{
	for (size_t i = 0; texts[i] != NULL; i++)
		if (slice_is(type, texts[i]))
			return true;
	return false;
}

static void
read_table(const struct reading *r, struct slice word)
{
	const char *whole = pool_dup(r->conf->pool, word);
	struct slice type = { 0 };

	if (slice_starts(word, "proxy:"))
		word = slice_from(word, 6);
	slice_cut(&word, ':', &type);
	const char *name = pool_dup(r->conf->pool, word);
	if (r->kind == MAP_OF_IDS && slice_is(type, "static"))
		r->map->fixed = name;
	else if (has_text(type))
		read_text(r, name, false);
	else
		unreadable(r, whole, pool_format(r->conf->pool, "a table of "
		    "type '%.*s' has no text that could be read: write what "
		    "it holds into a file of keys and values, and name that "
		    "as %s=texthash:FILE", (int)type.len, type.p,
		    r->parameter));
}

void
postfix_map_read(struct postfix_map *map, const struct postfix_conf *conf,
    const char *parameter, enum map_kind kind, struct report *report)
{
	const struct reading r = { map, conf, parameter, kind, report };
	bool names = kind == MAP_OF_NAMES;
	const char *text = postfix_conf_text(conf, parameter);
	struct slice rest = slice_of(text != NULL ? text : ""), word;

	while (slice_word(&rest, &word)) {
		const char *one = pool_dup(conf->pool, word);
		if (slice_has(word, ':'))
			read_table(&r, word);
		else if (slice_starts(word, "/"))
			read_text(&r, one, names);
		else if (slice_starts(word, "!") || !names)
			unreadable(&r, one, "neither a table nor a name");
		else
			add(&r, word, (struct slice){ 0 },
			    postfix_conf_where(conf, parameter), 0);
	}
}

void
drop_postfix_map(struct postfix_map *map)
{
	drop_mem(&map->all);
	drop_table(&map->by_key);
}

const struct map_entry *
postfix_map_find(const struct postfix_map *map, const char *key)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return table_find(&map->by_key, pool_lower(&pool, slice_of(key)));
}

const char *
postfix_map_of(const struct postfix_map *map, const char *address)
{
	const struct map_entry *entry = postfix_map_find(map, address);
	const char *at = strrchr(address, '@');

	if (entry == NULL && at != NULL)
		entry = postfix_map_find(map, at);
	return entry != NULL ? entry->value : map->fixed;
}
