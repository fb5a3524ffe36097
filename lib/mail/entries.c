/* entries.c: the lines of passwd.D and shadow.D: "name:field:field:...". */
#include "entries.h"

#include "scope.h"
#include "utf8.h"

/* What the readers take off: a byte order mark, and a CR before the end. */
static struct slice
without_marks(struct slice line)
{
	if (slice_starts(line, "\xEF\xBB\xBF"))
		line = slice_from(line, 3);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void
split(struct slice line, struct entry *entry)
{
	struct slice rest = without_marks(line), field;

	*entry = (struct entry){ .line = line };
	while (slice_cut(&rest, ':', &field)) {
		if (entry->count < SHADOW_FIELDS)
			entry->field[entry->count] = field;
		entry->count++;
	}
}

static bool
has_name(struct slice line, struct slice name)
{
	struct entry entry;

	split(line, &entry);
	return slice_same(entry.field[0], name);
}

static bool
next_line(struct slice *rest, struct slice *line)
{
	return rest->len > 0 && slice_cut(rest, '\n', line);
}

bool
entries_next(struct slice *rest, struct entry *entry)
{
	struct slice line;

	while (next_line(rest, &line)) {
		split(line, entry);
		if (slice_trim(without_marks(line)).len > 0 &&
		    !slice_starts(without_marks(line), "#"))
			return true;
	}
	return false;
}

bool
entries_find(struct slice text, struct slice name, size_t fields,
    struct entry *entry)
{
	struct slice rest = text;

	while (entries_next(&rest, entry))
		if (entry->count == fields && slice_same(entry->field[0], name))
			return true;
	return false;
}

bool
entries_mention(struct slice text, struct slice name)
{
	struct slice rest = text, line;

	while (next_line(&rest, &line))
		if (has_name(line, name))
			return true;
	return false;
}

void
entries_remove(struct slice text, struct slice name, struct str *out)
{
	struct slice rest = text, line;

	while (next_line(&rest, &line)) {
		/* A last line without an end stays so. */
		size_t len = line.len + (line.p + line.len < text.p + text.len);
		if (!has_name(line, name))
			str_add(out, line.p, len);
	}
}

static int
check_field(struct slice value, struct err *err)
{
	if (slice_has(value, ':') || slice_has(value, '\0') ||
	    utf8_has_control(value))
		return err_set(err, ERR_INVALID,
		    "a colon, line break or control character cannot be in a "
		    "field");
	return 0;
}

/* Everything but the name's lines must be what it was, and its one whole line
 * must have the wanted fields: count of them, from index on. */
static int
verify(struct slice before, struct slice after, struct slice name,
    size_t fields, size_t index, const struct slice *values, size_t count,
    struct err *err)
{
	SCOPED(drop_str) struct str was = { 0 }, is = { 0 };
	struct entry entry;
	bool fits = true;

	entries_remove(before, name, &was);
	entries_remove(after, name, &is);
	if (was.len > 0 && was.s[was.len - 1] != '\n' && is.len == was.len + 1)
		str_addc(&was, '\n');
	if (!slice_equal(str_slice(&was), str_slice(&is)) ||
	    !entries_find(after, name, fields, &entry))
		fits = false;
	for (size_t i = 0; fits && i < count; i++)
		fits = slice_equal(entry.field[index + i], values[i]);
	if (!fits)
		return err_set(err, ERR_INVALID,
		    "the line would not be read as it was meant");
	return 0;
}

int
entries_add(struct slice text, const struct slice *fields, size_t count,
    struct str *out, struct err *err)
{
	size_t start = out->len;

	for (size_t i = 0; i < count; i++)
		if (check_field(fields[i], err) == -1)
			return -1;
	entries_remove(text, fields[0], out);
	if (out->len > start && out->s[out->len - 1] != '\n')
		str_addc(out, '\n');
	for (size_t i = 0; i < count; i++) {
		str_addslice(out, fields[i]);
		str_addc(out, i + 1 < count ? ':' : '\n');
	}
	return verify(text, slice_from(str_slice(out), start), fields[0],
	    count, 0, fields, count, err);
}

int
entries_set(struct slice text, struct slice name, size_t fields, size_t index,
    struct slice value, struct str *out, struct err *err)
{
	size_t start = out->len;
	struct slice rest = text, line;
	struct entry entry;

	if (check_field(value, err) == -1)
		return -1;
	while (next_line(&rest, &line)) {
		size_t len = line.len + (line.p + line.len < text.p + text.len);
		split(line, &entry);
		if (entry.count == fields && slice_same(entry.field[0], name)) {
			const char *field = entry.field[index].p;
			size_t after = (size_t)(
			    field - line.p) + entry.field[index].len;
			str_add(out, line.p, (size_t)(field - line.p));
			str_addslice(out, value);
			str_add(out, line.p + after, len - after);
		} else
			str_add(out, line.p, len);
	}
	return verify(text, slice_from(str_slice(out), start), name, fields,
	    index, &value, 1, err);
}
