/* many_lines.c: many lines added to passwd.D or shadow.D at once. */
#include "many_lines.h"

#include "scope.h"
#include "table.h"
#include "utf8.h"

struct names {
	struct table	 lines;		/* lower case: its struct new_line */
	struct pool	 pool;
};

static void
drop_names(struct names *names)
{
	drop_table(&names->lines);
	drop_pool(&names->pool);
}

static int
check_fields(const struct new_line *line, size_t fields, struct err *err)
{
	for (size_t i = 0; i < fields; i++)
		if (slice_has(line->field[i], ':') ||
		    slice_has(line->field[i], '\0') ||
		    utf8_has_control(line->field[i]))
			return err_set(err, ERR_INVALID, "'%.*s': a colon, "
			    "line break or control character cannot be in a "
			    "field", (int)line->field[0].len,
			    line->field[0].p);
	return 0;
}

static const struct new_line *
line_named(struct names *names, struct slice name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return table_find(&names->lines, pool_lower(&pool, name));
}

/* Comments, and lines of others, be they broken, stay byte for byte. */
static void
add_others(struct slice text, struct names *names, struct str *out)
{
	struct slice rest = text, line;
	struct entry entry;

	while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
		struct slice one = line;
		if (entries_next(&one, &entry) &&
		    line_named(names, entry.field[0]) != NULL)
			continue;
		str_addslice(out, line);
		str_addc(out, '\n');
	}
}

static void
add_line(const struct new_line *line, size_t fields, struct str *out)
{
	for (size_t i = 0; i < fields; i++) {
		str_addslice(out, line->field[i]);
		str_addc(out, i + 1 < fields ? ':' : '\n');
	}
}

static bool
is_as_meant(const struct entry *entry, const struct new_line *line,
    size_t fields)
{
	if (entry->count != fields)
		return false;
	for (size_t i = 0; i < fields; i++)
		if (!slice_equal(entry->field[i], line->field[i]))
			return false;
	return true;
}

/* As the readers would: each new name once, with its fields. */
static int
verify(struct slice text, struct names *names, size_t count, size_t fields,
    struct err *err)
{
	struct entry entry;
	size_t seen = 0;

	while (entries_next(&text, &entry)) {
		const struct new_line *line = line_named(names,
		    entry.field[0]);
		if (line == NULL)
			continue;
		if (!is_as_meant(&entry, line, fields))
			break;
		seen++;
	}
	return seen == count && text.len == 0 ? 0 : err_set(err, ERR_INVALID,
	    "the lines would not be read as they are meant");
}

int
many_lines_add(struct slice text, const struct new_line *lines, size_t count,
    size_t fields, struct str *out, struct err *err)
{
	SCOPED(drop_names) struct names names = { 0 };
	size_t start = out->len;

	for (size_t i = 0; i < count; i++) {
		union {
			const struct new_line	*in;
			void			*out;
		} line = { &lines[i] };
		if (check_fields(&lines[i], fields, err) == -1)
			return -1;
		*table_at(&names.lines, pool_lower(&names.pool,
		    lines[i].field[0])) = line.out;
	}
	add_others(text, &names, out);
	for (size_t i = 0; i < count; i++)
		add_line(&lines[i], fields, out);
	return verify(slice_from(str_slice(out), start), &names, count,
	    fields, err);
}
