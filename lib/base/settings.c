/* settings.c: "name = value" files, driven by a table. */
#include "settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "mem.h"
#include "scope.h"

static int
bad_value(struct err *err, struct slice value, const char *wanted)
{
	return err_set(err, ERR_INVALID, "'%.*s' is not %s",
	    (int)(value.len > 80 ? 80 : value.len), value.p ? value.p : "",
	    wanted);
}

int
setting_text(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	*(const char **)field = value.p == row->preset ? row->preset :
	    pool_dup(pool, value);
	return 0;
}

int
setting_list(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	struct setting_words *list = field;
	struct slice rest = value, word;
	size_t count = 0;

	(void)row;
	if (slice_has(value, '\0'))
		return err_set(err, ERR_INVALID, "a NUL byte is in it");
	while (slice_word(&rest, &word))
		count++;
	list->word = pool_alloc(pool, (count + 1) * sizeof *list->word);
	list->count = 0;
	for (rest = value; slice_word(&rest, &word); )
		list->word[list->count++] = pool_dup(pool, word);
	return 0;
}

int
setting_flag(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	static const char *const spelled[] = { "no", "yes", "off", "on",
	    "false", "true", "0", "1" };

	(void)row;
	(void)pool;
	for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++)
		if (slice_same(value, slice_of(spelled[i]))) {
			*(bool *)field = i % 2 == 1;
			return 0;
		}
	return bad_value(err, value, "yes or no");
}

int
setting_word(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	SCOPED(drop_str) struct str wanted = { 0 };

	(void)pool;
	for (int i = 0; row->words[i] != NULL; i++) {
		if (slice_same(value, slice_of(row->words[i]))) {
			*(int *)field = i;
			return 0;
		}
		str_addf(&wanted, "%s%s", i > 0 ? ", " : "one of: ",
		    row->words[i]);
	}
	return bad_value(err, value, str_text(&wanted));
}

struct unit {
	char		letter;
	uint64_t	factor;
};

static int
parse_units(const struct setting *row, struct slice value,
    const struct unit *units, uint64_t bare, const char *wanted, uint64_t *out,
    struct err *err)
{
	uint64_t n, factor = bare;
	struct slice digits = value;

	for (const struct unit *u = units; u->letter != '\0'; u++)
		if (digits.len > 1 && digits.p[digits.len - 1] == u->letter) {
			digits.len--;
			factor = u->factor;
			break;
		}
	if (slice_number(digits, UINT64_MAX / factor, &n) == -1)
		return bad_value(err, value, wanted);
	n *= factor;
	if (n < row->min && row->max == 0)
		return err_set(err, ERR_INVALID,
		    "'%.*s' is out of range: at least %llu", (int)value.len,
		    value.p, (unsigned long long)row->min);
	if (n < row->min || (row->max != 0 && n > row->max))
		return err_set(err, ERR_INVALID,
		    "'%.*s' is out of range: %llu to %llu", (int)value.len,
		    value.p, (unsigned long long)row->min,
		    (unsigned long long)row->max);
	*out = n;
	return 0;
}

static const struct unit sizes[] = {
	{ 'k', 1024 }, { 'K', 1024 }, { 'M', 1024 * 1024 },
	  { 'm', 1024 * 1024 },
	{ 'G', 1024 * 1024 * 1024 }, { 'g', 1024 * 1024 * 1024 }, { 0 }
};
static const struct unit times[] = {
	{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 0 }
};
static const struct unit none[] = { { 0 } };

int
setting_number(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	(void)pool;
	return parse_units(row, value, none, 1, "a number", field, err);
}

int
setting_size(const struct setting *row, struct pool *pool, struct slice value,
    void *field, struct err *err)
{
	(void)pool;
	return parse_units(row, value, sizes, 1,
	    "a size (a number of bytes, or with k, M or G)", field, err);
}

int
setting_kilobytes(const struct setting *row, struct pool *pool,
    struct slice value, void *field, struct err *err)
{
	(void)pool;
	return parse_units(row, value, sizes, 1024,
	    "a size (a number of kB, or with k, M or G)", field, err);
}

int
setting_seconds(const struct setting *row, struct pool *pool,
    struct slice value, void *field, struct err *err)
{
	(void)pool;
	return parse_units(row, value, times, 1,
	    "a time (a number of seconds, or with s, m, h or d)", field, err);
}

const struct setting *
settings_row(const struct setting *table, struct slice name)
{
	for (const struct setting *row = table; row->name != NULL; row++)
		if (slice_is(name, row->name))
			return row;
	return NULL;
}

int
settings_set(const struct setting *row, struct pool *pool, struct slice value,
    void *conf, struct err *err)
{
	return row->parse(row, pool, value, (char *)conf + row->offset, err);
}

void
settings_preset(const struct setting *table, struct pool *pool, void *conf)
{
	struct err err;

	for (const struct setting *row = table; row->name != NULL; row++)
		if (settings_set(row, pool, slice_of(row->preset), conf,
		    &err) == -1)
			abort();
}

/* False: a blank line or a comment. */
static bool
split_line(struct slice line, struct slice *name, struct slice *value)
{
	struct slice rest = line;

	if (slice_starts(line, "#") || slice_trim(line).len == 0)
		return false;
	if (slice_has(line, '=')) {
		slice_cut(&rest, '=', name);
		*value = slice_trim(rest);
	} else {
		*name = line;
		*value = (struct slice){ 0 };
	}
	*name = slice_trim(*name);
	return true;
}

/* What a typo most likely was meant to be called: its first word. */
static struct slice
first_word(struct slice name)
{
	struct slice rest = name, word = { 0 };

	slice_word(&rest, &word);
	return word;
}

static int
read_line(const struct setting *table, struct pool *pool, struct slice line,
    unsigned number, void *conf, struct settings_lines *lines, struct err *err)
{
	struct slice name, value;

	if (!split_line(line, &name, &value))
		return 0;
	const struct setting *row = settings_row(table, name);
	if (row == NULL && settings_row(table, first_word(name)) == NULL) {
		name = first_word(name);
		return err_set(err, ERR_INVALID, "no setting is called '%.*s'",
		    (int)(name.len > 80 ? 80 : name.len), name.p ? name.p : "");
	}
	if (row == NULL || !slice_has(line, '='))
		return err_set(err, ERR_INVALID, "'%.*s' needs '= value'",
		    (int)name.len, name.p);
	unsigned *first = &lines->of[row - table];
	if (*first != 0)
		return err_set(err, ERR_INVALID,
		    "'%s' was set in line %u already", row->name, *first);
	*first = number;
	if (settings_set(row, pool, value, conf, err) == -1)
		return err_within(err, "%s", row->name);
	return 0;
}

int
settings_read(const struct setting *table, struct pool *pool, int fd,
    const char *file, void *conf, struct settings_lines *set, struct err *err)
{
	SCOPED(drop_lines) struct lines lines = { .fd = fd };
	struct slice line;
	int got;

	while ((got = lines_next(&lines, &line, err)) == 1) {
		if (lines.too_long)
			err_fill(err, ERR_INVALID,
			    "the line is longer than %d bytes", LINE_MAX_BYTES);
		if (lines.too_long || read_line(table, pool, line, lines.number,
		    conf, set, err) == -1) {
			struct err inner = *err;
			return err_set(err, inner.kind, "%s:%u: %s", file,
			    lines.number, inner.text);
		}
	}
	return got == -1 ? err_within(err, "%s", file) : 0;
}

/* Parsed values may hold pointers, so the preset is compared as values of the
 * types that can be refused: by writing it into a copy, field by field. */
static bool
is_preset(const struct setting *row, const void *conf, size_t size)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_mem) char *copy = mem_dup(conf, size);
	const char *have = (const char *)conf + row->offset;
	struct err err;

	if (settings_set(row, &pool, slice_of(row->preset), copy, &err) == -1)
		return false;
	if (row->parse == setting_text)
		return strcmp(*(const char *const *)(const void *)have,
		    *(const char **)(void *)(copy + row->offset)) == 0;
	if (row->parse == setting_list)
		return ((const struct setting_words *)(
		    const void *)have)->count == 0;
	return memcmp(conf, copy, size) == 0;
}

const struct setting *
settings_refused(const struct setting *table,
    const struct settings_lines *lines, const void *conf, size_t size,
    unsigned program)
{
	for (const struct setting *row = table; row->name != NULL; row++)
		if (lines->of[row - table] != 0 &&
		    (row->refused_by & program) && !is_preset(row, conf, size))
			return row;
	return NULL;
}

void
settings_edit(struct slice text, const char *name, struct slice value,
    struct str *out)
{
	struct slice rest = text, line, found, old;
	bool done = false;

	if (slice_starts(rest, "\xEF\xBB\xBF"))
		rest = slice_from(rest, 3);	/* as in lines.h */
	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		if (split_line(line, &found, &old) && slice_is(found, name)) {
			if (!done)
				str_addf(out, "%s = %.*s\n", name,
				    (int)value.len, value.p);
			done = true;
		} else {
			str_addslice(out, line);
			str_addc(out, '\n');
		}
	}
	if (!done)
		str_addf(out, "%s = %.*s\n", name, (int)value.len, value.p);
}

void
settings_sample(const struct setting *table, struct str *out)
{
	for (const struct setting *row = table; row->name != NULL; row++)
		str_addf(out, "# %s%s\n#%s =%s%s\n\n", row->help,
		    row->refused_by ? " Not available in this version." : "",
		    row->name, row->preset[0] ? " " : "", row->preset);
}
