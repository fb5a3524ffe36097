/* output.c: what vadmin prints: tables for people, records for scripts. */
#include "output.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "clean.h"
#include "columns.h"
#include "json.h"
#include "scope.h"

static enum output_form form;
static bool mute, hushed;
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

void
output_hush(bool wanted)
{
	hushed = wanted;
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
	clean_add(clean, sheet_next(rest));
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
	clean_add(&clean, text);
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
	clean_add(&line, text);
	fprintf(stderr, "%s\n", str_text(&line));
}

void
output_note(struct slice text)
{
	if (hushed)
		return;
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
