/* csv.c: comma-separated values, as RFC 4180 and spreadsheets write them. */
#include "csv.h"

#include <string.h>

/* --- reading ------------------------------------------------------------ */

static char
peek(const struct csv *csv)
{
	return csv->at < csv->len ? csv->text[csv->at] : '\n';
}

static bool
at_end_of_line(const struct csv *csv)
{
	return peek(csv) == '\n' || peek(csv) == '\r';
}

static void
end_line(struct csv *csv)
{
	csv->line++;
	if (peek(csv) == '\r' && csv->at + 1 < csv->len &&
	    csv->text[csv->at + 1] == '\n')
		csv->at++;
	if (csv->at < csv->len)
		csv->at++;
}

static void
choose_separator(struct csv *csv)
{
	static const char others[] = { ';', '\t' };
	struct slice line = { csv->text + csv->at, 0 };

	csv->separator = ',';
	while (csv->at + line.len < csv->len && line.p[line.len] != '\n')
		line.len++;
	for (size_t i = 0; !slice_has(line, ',') && i < sizeof others; i++)
		if (slice_has(line, others[i]))
			csv->separator = others[i];
}

/* Up to the separator or the line's end. */
static void
plain_field(struct csv *csv, struct csv_record *record, struct slice *field)
{
	*field = (struct slice){ csv->text + csv->at, 0 };
	while (!at_end_of_line(csv) && peek(csv) != csv->separator) {
		if (peek(csv) == '"')
			record->wrong = "a quote within a field that has none "
			    "at its ends: quote all of it, and double the "
			    "quote";
		csv->at++;
		field->len++;
	}
}

/* Behind the opening quote; what it means is moved to the front. */
static void
quoted_field(struct csv *csv, struct csv_record *record, struct slice *field)
{
	char *to = csv->text + csv->at;

	*field = (struct slice){ to, 0 };
	for (; csv->at < csv->len; csv->at++) {
		char c = csv->text[csv->at];
		if (c == '"') {
			if (csv->at + 1 == csv->len ||
			    csv->text[csv->at + 1] != '"')
				break;
			csv->at++;
		}
		csv->line += c == '\n';
		*to++ = c;
		field->len++;
	}
	if (csv->at == csv->len) {
		record->wrong = "a quote that is never closed";
		return;
	}
	csv->at++;
	if (!at_end_of_line(csv) && peek(csv) != csv->separator)
		record->wrong = "something follows the closing quote";
	while (!at_end_of_line(csv) && peek(csv) != csv->separator)
		csv->at++;
}

static void
read_field(struct csv *csv, struct csv_record *record)
{
	struct slice field;

	if (peek(csv) == '"' && csv->at < csv->len) {
		csv->at++;
		quoted_field(csv, record, &field);
	} else
		plain_field(csv, record, &field);
	if (record->count < CSV_FIELDS)
		record->field[record->count] = field;
	record->count++;
}

static void
skip_mark(struct csv *csv)
{
	if (csv->at == 0 && slice_starts((struct slice){ csv->text, csv->len },
	    "\xEF\xBB\xBF"))
		csv->at = 3;
}

bool
csv_next(struct csv *csv, struct csv_record *record)
{
	skip_mark(csv);
	while (csv->at < csv->len && at_end_of_line(csv))
		end_line(csv);
	if (csv->at == csv->len)
		return false;
	if (csv->separator == '\0')
		choose_separator(csv);
	*record = (struct csv_record){ .line = csv->line + 1 };
	read_field(csv, record);
	while (!at_end_of_line(csv)) {
		csv->at++;	/* the separator */
		read_field(csv, record);
	}
	end_line(csv);
	if (record->count > CSV_FIELDS && record->wrong == NULL)
		record->wrong = "too many fields";
	return true;
}

/* --- writing ------------------------------------------------------------ */

static bool
begins_formula(struct slice s)
{
	return s.len > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL;
}

/* Behind as many ' as there are: each export adds one, each import takes one
 * off. */
static bool
is_guarded(struct slice s)
{
	size_t marks = 0;

	while (marks < s.len && s.p[marks] == '\'')
		marks++;
	return begins_formula(slice_from(s, marks));
}

void
csv_add(struct str *out, bool first, struct slice value)
{
	bool quoted = false;

	for (const char *c = ",;\"\r\n\t"; *c != '\0'; c++)
		quoted = quoted || slice_has(value, *c);
	quoted = quoted || slice_trim(value).len < value.len;
	str_adds(out, first ? "" : ",");
	str_adds(out, quoted ? "\"" : "");
	str_adds(out, is_guarded(value) ? "'" : "");
	for (size_t i = 0; i < value.len; i++) {
		if (value.p[i] == '"')
			str_addc(out, '"');
		str_addc(out, value.p[i]);
	}
	str_adds(out, quoted ? "\"" : "");
}

struct slice
csv_plain(struct slice field)
{
	return slice_starts(field, "'") && is_guarded(field) ?
	    slice_from(field, 1) : field;
}
