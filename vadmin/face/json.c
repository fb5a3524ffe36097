/* json.c: all that vadmin prints as one JSON object. */
#include "json.h"

#include <string.h>

#include "clean.h"
#include "mem.h"
#include "pool.h"
#include "scope.h"
#include "table.h"
#include "utf8.h"

/* What was printed so far, each as JSON; the elements of arrays with commas. */
static struct {
	struct str	results, lines, notes, error;
	struct str	unseen;		/* notes, as text */
	size_t		result_count;
} page;

/* --- strings --------------------------------------------------------------- */

static void
add_byte(struct str *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		str_addf(out, "\\%c", c);
	else if (c == '\n')
		str_adds(out, "\\n");
	else if (c == '\t')
		str_adds(out, "\\t");
	else if (c < 0x20 || c == 0x7F)
		str_addf(out, "\\u%04x", c);
	else
		str_addc(out, (char)c);
}

/* A character of UTF-8 of n bytes; one that a terminal obeys by its number, in
 * case that is who reads it. */
static void
add_character(struct str *out, struct slice s, size_t n)
{
	unsigned number = (unsigned char)s.p[0] & (0xFFu >> (n + 1));

	if (n == 1 || !clean_is_control(s)) {
		for (size_t i = 0; i < n; i++)
			add_byte(out, (unsigned char)s.p[i]);
		return;
	}
	for (size_t i = 1; i < n; i++)
		number = number << 6 | ((unsigned char)s.p[i] & 0x3Fu);
	str_addf(out, "\\u%04x", number);
}

/* As tables have it: \xHH, and backslashes twice. */
static void
add_invalid(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; ) {
		size_t n = utf8_length(slice_from(text, i));
		if (n == 0)
			str_addf(out, "\\\\x%02x", (unsigned char)text.p[i]);
		else if (text.p[i] == '\\')
			str_adds(out, "\\\\\\\\");
		else
			add_character(out, slice_from(text, i), n);
		i += n == 0 ? 1 : n;
	}
}

void
json_string(struct str *out, struct slice text)
{
	str_addc(out, '"');
	if (utf8_is_valid(text))
		for (size_t i = 0, n; i < text.len; i += n) {
			n = utf8_length(slice_from(text, i));
			add_character(out, slice_from(text, i), n);
		}
	else
		add_invalid(out, text);
	str_addc(out, '"');
}

/* "ALIAS OF" is "alias-of". */
static void
add_key(struct str *out, const char *head)
{
	SCOPED(drop_str) struct str key = { 0 };

	for (; *head != '\0'; head++)
		str_addc(&key, *head == ' ' ? '-' : ascii_lower(*head));
	json_string(out, str_slice(&key));
	str_adds(out, ": ");
}

static void
add_element(struct str *array, struct slice text)
{
	str_adds(array, array->len > 0 ? ", " : "");
	json_string(array, text);
}

/* --- sheets ---------------------------------------------------------------- */

static void
add_rows(const struct sheet *sheet, struct str *out)
{
	struct slice rest = str_slice(&sheet->cells);
	size_t columns = sheet_columns(sheet);

	str_addc(out, '[');
	for (size_t i = 0; i < sheet->count; i++) {
		str_adds(out, i == 0 ? "{" : i % columns == 0 ? ",\n {" : ", ");
		add_key(out, sheet->heads[i % columns]);
		json_string(out, sheet_next(&rest));
		if ((i + 1) % columns == 0)
			str_addc(out, '}');
	}
	str_addc(out, ']');
}

/* A name of "show" and its values, as they are written. */
struct member {
	struct slice	 name;
	struct str	 values;
	size_t		 count;
};

static void
add_members(const struct member *members, size_t count, struct str *out)
{
	str_addc(out, '{');
	for (size_t i = 0; i < count; i++) {
		const struct member *m = &members[i];
		str_adds(out, i > 0 ? ", " : "");
		json_string(out, m->name);
		str_addf(out, m->count > 1 ? ": [%s]" : ": %s",
		    str_text(&m->values));
	}
	str_addc(out, '}');
}

static void
add_object(const struct sheet *sheet, struct str *out)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_table) struct table places = { 0 };
	struct member *members = pool_alloc(&pool,
	    (sheet->count + 1) * sizeof *members);
	struct slice rest = str_slice(&sheet->cells);
	size_t count = 0;

	for (size_t i = 0; i + 1 < sheet->count; i += 2) {
		struct slice name = sheet_next(&rest);
		void **place = table_at(&places, pool_dup(&pool, name));
		if (*place == NULL) {
			members[count].name = name;
			*place = &members[count++];
		}
		struct member *m = *place;
		add_element(&m->values, sheet_next(&rest));
		m->count++;
	}
	add_members(members, count, out);
	for (size_t i = 0; i < count; i++)
		drop_str(&members[i].values);
}

static bool
is_show(const struct sheet *sheet)
{
	return strcmp(sheet->heads[0], name_and_value[0]) == 0 &&
	    sheet->heads[1] != NULL &&
	    strcmp(sheet->heads[1], name_and_value[1]) == 0 &&
	    sheet->heads[2] == NULL;
}

void
json_sheet(const struct sheet *sheet)
{
	str_adds(&page.results, page.result_count++ > 0 ? ",\n" : "");
	if (is_show(sheet))
		add_object(sheet, &page.results);
	else
		add_rows(sheet, &page.results);
}

/* --- the rest, and all of it ----------------------------------------------- */

void
json_line(struct slice text)
{
	add_element(&page.lines, text);
}

void
json_note(struct slice text)
{
	add_element(&page.notes, text);
	str_adds(&page.unseen, "vadmin: note: ");
	clean_add(&page.unseen, text);
	str_addc(&page.unseen, '\n');
}

void
json_show_notes(void)
{
	fputs(str_text(&page.unseen), stderr);
	str_cut(&page.unseen, 0);
}

void
json_error(const char *kind, struct slice text)
{
	str_cut(&page.error, 0);
	str_adds(&page.error, "\"error\": ");
	json_string(&page.error, slice_of(kind));
	str_adds(&page.error, ", \"text\": ");
	json_string(&page.error, text);
	str_adds(&page.error, ", ");
}

/* What printed several sheets has an array of them. */
void
json_print(FILE *out)
{
	bool several = page.result_count > 1;

	fprintf(out, "{%s", str_text(&page.error));
	if (page.result_count > 0 || page.error.len == 0) {
		fprintf(out, "\"result\": %s", several ? "[" : "");
		fputs(page.result_count == 0 ? "null" :
		    str_text(&page.results), out);
		fprintf(out, "%s, ", several ? "]" : "");
	}
	if (page.lines.len > 0)
		fprintf(out, "\"lines\": [%s], ", str_text(&page.lines));
	fprintf(out, "\"notes\": [%s]}\n", str_text(&page.notes));
	drop_str(&page.results);
	drop_str(&page.lines);
	drop_str(&page.notes);
	drop_str(&page.unseen);
	drop_str(&page.error);
}
