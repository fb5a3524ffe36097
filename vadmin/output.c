/* output.c: what vadmin prints: tables for people, records for scripts. */
#include "output.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"
#include "scope.h"
#include "utf8.h"

const char *const name_and_value[] = { "NAME", "VALUE", NULL };

void
output_clean(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; ) {
		unsigned char c = (unsigned char)text.p[i];
		size_t n = utf8_length(slice_from(text, i));
		/* U+0080 to U+009F are terminal controls as well. */
		bool control = c < 0x20 || c == 0x7F ||
		    (n == 2 && c == 0xC2 &&
		    (unsigned char)text.p[i + 1] < 0xA0);
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
	output_clean(&sheet->cells, cell);
	str_addc(&sheet->cells, '\0');
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

static struct slice
next_cell(struct slice *rest)
{
	struct slice cell = { 0 };

	slice_cut(rest, '\0', &cell);
	return cell;
}

static size_t
columns_of(const struct sheet *sheet)
{
	size_t n = 0;

	while (sheet->heads[n] != NULL)
		n++;
	return n;
}

/* Columns on a terminal: bytes that begin a character. */
static size_t
width_of(struct slice cell)
{
	size_t width = 0;

	for (size_t i = 0; i < cell.len; i++)
		width += ((unsigned char)cell.p[i] & 0xC0) != 0x80;
	return width;
}

static void
print_cell(struct slice cell, size_t width)
{
	fwrite(cell.p, 1, cell.len, stdout);
	for (size_t n = width_of(cell); n < width; n++)
		putchar(' ');
}

static void
print_records(const struct sheet *sheet, size_t columns)
{
	struct slice rest = str_slice(&sheet->cells);

	for (size_t i = 0; i < sheet->count; i++) {
		struct slice cell = next_cell(&rest);
		fwrite(cell.p, 1, cell.len, stdout);
		putchar((i + 1) % columns == 0 ? '\n' : '\t');
	}
}

static void
print_columns(const struct sheet *sheet, size_t columns)
{
	SCOPED(drop_mem) size_t *width = mem_alloc(columns * sizeof *width);
	struct slice rest = str_slice(&sheet->cells);

	for (size_t c = 0; c < columns; c++)
		width[c] = width_of(slice_of(sheet->heads[c]));
	for (size_t i = 0; i < sheet->count; i++) {
		size_t w = width_of(next_cell(&rest));
		if (w > width[i % columns])
			width[i % columns] = w;
	}
	rest = str_slice(&sheet->cells);
	for (size_t i = 0; i < sheet->count + columns; i++) {
		size_t c = i % columns;
		bool last = c + 1 == columns;
		print_cell(i < columns ? slice_of(sheet->heads[c]) :
		    next_cell(&rest), last ? 0 : width[c] + 2);
		if (last)
			putchar('\n');
	}
}

bool
output_is_for_people(void)
{
	return isatty(STDOUT_FILENO);
}

void
sheet_print(const struct sheet *sheet)
{
	if (output_is_for_people())
		print_columns(sheet, columns_of(sheet));
	else
		print_records(sheet, columns_of(sheet));
}

void
drop_sheet(struct sheet *sheet)
{
	drop_str(&sheet->cells);
}

void
output_line(struct slice text)
{
	SCOPED(drop_str) struct str clean = { 0 };

	output_clean(&clean, text);
	str_addc(&clean, '\n');
	fwrite(clean.s, 1, clean.len, stdout);
}

int
output_end(struct err *err)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, "write to standard output");
	return 0;
}
