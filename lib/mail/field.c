/* field.c: the fields of a message's header, as strangers write them. */
#include "field.h"

static struct slice
first_line(struct slice s)
{
	ptrdiff_t end = slice_find(s, '\n');

	return end == -1 ? s : (struct slice){ s.p, (size_t)end + 1 };
}

static bool
continues(struct slice s)
{
	return s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t');
}

static bool
is_field_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
	return name.len > 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice
without_blanks(struct slice s)
{
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(s.p[0]))
		s = slice_from(s, 1);
	return s;
}

bool
field_next(struct slice *rest, struct field *field)
{
	struct slice line = first_line(*rest), value = line;

	if (continues(line) || !slice_cut(&value, ':', &field->name) ||
	    value.p == NULL)
		return false;
	field->name = slice_trim(field->name);
	if (!is_field_name(field->name))
		return false;
	size_t len = line.len, before = line.len - value.len;
	while (continues(slice_from(*rest, len)))
		len += first_line(slice_from(*rest, len)).len;
	field->all = (struct slice){ rest->p, len };
	field->value = without_blanks(slice_from(field->all, before));
	*rest = slice_from(*rest, len);
	return true;
}

struct slice
field_skip_from_line(struct slice header)
{
	return slice_starts(header, "From ") ?
	    slice_from(header, first_line(header).len) : header;
}

struct slice
field_first_line(struct slice value)
{
	return without_blanks(first_line(value));
}

struct slice
field_find(struct slice header, const char *name)
{
	struct slice rest = field_skip_from_line(header);
	struct field field;

	while (rest.len > 0 && field_next(&rest, &field))
		if (slice_same(field.name, slice_of(name)))
			return field.value;
	return SLICE("");
}
