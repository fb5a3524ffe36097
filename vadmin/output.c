/* output.c: what vadmin prints: tables for people, records for scripts. */
#include "output.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "json.h"
#include "mem.h"
#include "scope.h"
#include "utf8.h"

const char *const name_and_value[] = { "NAME", "VALUE", NULL };

static enum output_form form;
static bool mute;
static const char *column_behind = "", *column_prefix = "";

void
output_form(enum output_form wanted)
{
	form = wanted;
}

void
output_column(const char *behind, const char *prefix)
{
	form = OUTPUT_FIRST_COLUMN;
	column_behind = behind;
	column_prefix = prefix;
}

bool
output_is_json(void)
{
	return form == OUTPUT_JSON;
}

void
output_mute(bool wanted)
{
	mute = wanted;
}

/* Of what is printed as it is; most text is nothing else. */
static size_t
plain_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && text.p[n] >= 0x20 && text.p[n] < 0x7F &&
	    text.p[n] != '\\')
		n++;
	return n;
}

/* U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: what a terminal
 * shows behind them is not what stands there. */
static bool
turns_around(struct slice s)
{
	static const char *const marks[] = {
		"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F",
		"\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC",
		"\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6",
		"\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9", NULL,
	};

	for (size_t i = 0; marks[i] != NULL; i++)
		if (slice_starts(s, marks[i]))
			return true;
	return false;
}

void
output_clean(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; ) {
		size_t plain = plain_length(slice_from(text, i));
		str_add(out, text.p + i, plain);
		i += plain;
		if (i == text.len)
			break;
		unsigned char c = (unsigned char)text.p[i];
		size_t n = utf8_length(slice_from(text, i));
		/* U+0080 to U+009F are terminal controls as well. */
		bool control = c < 0x20 || c == 0x7F ||
		    (n == 2 && c == 0xC2 &&
		    (unsigned char)text.p[i + 1] < 0xA0) ||
		    turns_around(slice_from(text, i));
		if (c == '\\')
			str_adds(out, "\\\\");
		else if (control || n == 0)
			str_addf(out, "\\x%02x", c);
		else
			str_add(out, text.p + i, n);
		i += control || n == 0 ? 1 : n;
	}
}

void
sheet_add(struct sheet *sheet, struct slice cell)
{
	str_add(&sheet->cells, &cell.len, sizeof cell.len);
	str_addslice(&sheet->cells, cell);
	sheet->count++;
}

void
sheet_adds(struct sheet *sheet, const char *cell)
{
	sheet_add(sheet, slice_of(cell));
}

void
sheet_addf(struct sheet *sheet, const char *fmt, ...)
{
	SCOPED(drop_str) struct str text = { 0 };
	char small[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= sizeof small) {
		str_room(&text, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(text.s, (size_t)n + 1, fmt, ap);
		va_end(ap);
		text.len = (size_t)n;
		sheet_add(sheet, str_slice(&text));
		return;
	}
	sheet_adds(sheet, small);
}

struct slice
sheet_next(struct slice *rest)
{
	struct slice cell = { 0 };

	memcpy(&cell.len, rest->p, sizeof cell.len);
	cell.p = rest->p + sizeof cell.len;
	*rest = slice_from(*rest, sizeof cell.len + cell.len);
	return cell;
}

size_t
sheet_columns(const struct sheet *sheet)
{
	size_t n = 0;

	while (sheet->heads[n] != NULL)
		n++;
	return n;
}

/* --- for people and for scripts ------------------------------------------ */

static void
print_cell(struct slice cell)
{
	fwrite(cell.p, 1, cell.len, stdout);
}

/* The next cell as it is printed; valid until the next call. */
static struct slice
clean_cell(struct slice *rest, struct str *clean)
{
	str_cut(clean, 0);
	output_clean(clean, sheet_next(rest));
	return str_slice(clean);
}

static void
print_records(const struct sheet *sheet, size_t columns)
{
	SCOPED(drop_str) struct str clean = { 0 };
	struct slice rest = str_slice(&sheet->cells);

	for (size_t i = 0; i < sheet->count; i++) {
		print_cell(clean_cell(&rest, &clean));
		putchar((i + 1) % columns == 0 ? '\n' : '\t');
	}
}

static void
print_first_column(const struct sheet *sheet, size_t columns)
{
	SCOPED(drop_str) struct str clean = { 0 };
	struct slice rest = str_slice(&sheet->cells);

	for (size_t i = 0; i < sheet->count; i++) {
		struct slice cell = clean_cell(&rest, &clean);
		if (i % columns != 0 ||
		    !slice_starts_same(cell, column_prefix))
			continue;
		fputs(column_behind, stdout);
		print_cell(cell);
		putchar('\n');
	}
}

bool
output_is_for_people(void)
{
	return form == OUTPUT_TEXT && isatty(STDOUT_FILENO);
}

void
sheet_print(const struct sheet *sheet)
{
	size_t columns = sheet_columns(sheet);

	if (mute)
		return;
	if (form == OUTPUT_JSON)
		json_sheet(sheet);
	else if (form == OUTPUT_FIRST_COLUMN)
		print_first_column(sheet, columns);
	else if (output_is_for_people())
		output_columns(sheet);
	else
		print_records(sheet, columns);
}

void
drop_sheet(struct sheet *sheet)
{
	drop_str(&sheet->cells);
}

/* --- lines ----------------------------------------------------------------- */

void
output_line(struct slice text)
{
	SCOPED(drop_str) struct str clean = { 0 };

	if (mute || form == OUTPUT_FIRST_COLUMN)
		return;
	if (form == OUTPUT_JSON) {
		json_line(text);
		return;
	}
	output_clean(&clean, text);
	str_addc(&clean, '\n');
	fwrite(clean.s, 1, clean.len, stdout);
}

void
output_lines(struct slice text)
{
	struct slice line;

	if (slice_ends(text, "\n"))
		text.len--;
	while (slice_cut(&text, '\n', &line))
		output_line(line);
}

void
output_text(struct slice text)
{
	if (form == OUTPUT_JSON)
		output_lines(text);
	else if (!mute && form == OUTPUT_TEXT)
		fwrite(text.p, 1, text.len, stdout);
}

static void
complain(const char *before, struct slice text)
{
	SCOPED(drop_str) struct str line = { 0 };

	str_adds(&line, before);
	output_clean(&line, text);
	fprintf(stderr, "%s\n", str_text(&line));
}

void
output_note(struct slice text)
{
	if (form == OUTPUT_JSON)
		json_note(text);
	else if (form == OUTPUT_TEXT)
		complain("vadmin: note: ", text);
}

void
output_error(const char *kind, struct slice text)
{
	if (form == OUTPUT_JSON)
		json_error(kind, text);
	else if (form == OUTPUT_TEXT)
		complain("vadmin: ", text);
}

/* Who reads went away, as head(1) does: nobody is there to be told. */
static bool
has_no_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int
output_end(struct err *err)
{
	if (form == OUTPUT_JSON)
		json_print(stdout);
	if ((fflush(stdout) != 0 || ferror(stdout)) && !has_no_reader())
		return err_sys(err, "write to standard output");
	return 0;
}
