/* field.c: the fields of a message's header, as strangers write them. */
#include "field.h"

#include "scope.h"

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

/* --- parameters ---------------------------------------------------------- */

/* Where a byte stands: in a quoted string, or in so many comments. */
struct place {
	bool	quoted, escaped;
	size_t	comments;
};

/* Goes over a byte.  False: it is a mark, or a comment's. */
static bool
step_over(struct place *at, char c)
{
	bool within = at->quoted || at->comments > 0;

	if (at->escaped || (within && c == '\\')) {
		at->escaped = !at->escaped;
		return !at->escaped && at->comments == 0;
	}
	if (at->comments == 0 && c == '"') {
		at->quoted = !at->quoted;
		return false;
	}
	if (at->quoted)
		return true;
	if (c == ')' && at->comments > 0) {
		at->comments--;
		return false;
	}
	at->comments += c == '(';
	return at->comments == 0;
}

bool
field_next_part(struct slice *rest, struct slice *part)
{
	struct place at = { 0 };
	size_t n = 0;

	if (rest->len == 0)
		return false;
	while (n < rest->len) {
		bool text = step_over(&at, rest->p[n]);
		if (text && !at.quoted && rest->p[n] == ';')
			break;
		n++;
	}
	*part = without_blanks((struct slice){ rest->p, n });
	*rest = slice_from(*rest, n + 1);
	return true;
}

/* "method (of it) = \"REPLY\"" is method=REPLY. */
static void
add_bare(struct slice part, struct str *out)
{
	struct place at = { 0 };

	for (size_t i = 0; i < part.len; i++)
		if (step_over(&at, part.p[i]) &&
		    (at.quoted || !is_blank(part.p[i])))
			str_addc(out, part.p[i]);
}

static bool
take_parameter(struct slice part, const char *wanted, struct str *out)
{
	SCOPED(drop_str) struct str bare = { 0 };
	struct slice name, value;

	add_bare(part, &bare);
	value = str_slice(&bare);
	if (!slice_has(value, '=') || !slice_cut(&value, '=', &name) ||
	    !slice_same(name, slice_of(wanted)))
		return false;
	str_addslice(out, value);
	return true;
}

bool
field_parameter(struct slice value, const char *name, struct str *out)
{
	struct slice part;

	while (field_next_part(&value, &part))
		if (take_parameter(part, name, out))
			return true;
	return false;
}

bool
field_is_parameter(struct slice part, const char *name)
{
	SCOPED(drop_str) struct str value = { 0 };

	return take_parameter(part, name, &value);
}
