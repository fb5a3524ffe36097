/* columns.c: a sheet on a terminal: heads and columns, within its width. */
#include "columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clean.h"
#include "mem.h"
#include "pool.h"
#include "scope.h"

enum {
	GAP = 2,		/* between columns */
	LEAST = 8,		/* no column is made narrower than this */
	USUAL = 80,
};

struct column {
	size_t	width;
	size_t	word;		/* the width of its longest word */
	size_t	numbers;	/* so many of its cells are one */
	bool	words;		/* another cell says something else */
};

size_t
columns_of_terminal(void)
{
	struct winsize size;
	const char *said = getenv("COLUMNS");
	long columns = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns == 0 && said != NULL)
		columns = strtol(said, NULL, 10);
	return columns > 0 && columns < 10000 ? (size_t)columns : USUAL;
}

/* --- cells ---------------------------------------------------------------- */

static bool
begins_character(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

/* Bytes that begin a character. */
size_t
columns_of_text(struct slice cell)
{
	size_t width = 0;

	for (size_t i = 0; i < cell.len; i++)
		width += begins_character(cell.p[i]);
	return width;
}

/* "10", "1.5 MB", "30 %" */
static bool
is_number(struct slice cell)
{
	static const char *const units[] = { "", " %", " kB", " MB", " GB",
	    " TB" };
	size_t i = 0;

	while (i < cell.len && strchr("0123456789.", cell.p[i]) != NULL)
		i++;
	for (size_t k = 0; i > 0 && k < sizeof units / sizeof *units; k++)
		if (slice_is(slice_from(cell, i), units[k]))
			return true;
	return false;
}

/* What stands where a number is not there. */
static bool
is_no_number(struct slice cell)
{
	return cell.len == 0 || slice_is(cell, "none") ||
	    slice_is(cell, "disabled") || slice_is(cell, "not known");
}

/* A bar is one: "[===     |  ]". */
static size_t
longest_word(struct slice cell)
{
	struct slice word;
	size_t longest = 0;

	if (slice_starts(cell, "[") && slice_ends(cell, "]"))
		return columns_of_text(cell);
	while (slice_cut(&cell, ' ', &word))
		if (columns_of_text(word) > longest)
			longest = columns_of_text(word);
	return longest;
}

/* Cuts off what fits into width, in front of a blank where there is one. */
static struct slice
cut_line(struct slice *rest, size_t width)
{
	struct slice line = *rest;
	size_t used = 0, end = 0, blank = 0;

	for (; end < line.len; end++) {
		if (line.p[end] == ' ')
			blank = end;
		if (begins_character(line.p[end]) && used++ == width)
			break;
	}
	bool at_blank = end < line.len && blank > 0;
	line.len = at_blank ? blank : end;
	*rest = slice_from(*rest, line.len + at_blank);
	return line;
}

/* What a person types back stands as it is typed: a backslash is two only where
 * one would look like an escaped byte. */
static void
add_cell(struct str *out, struct slice cell)
{
	SCOPED(drop_str) struct str clean = { 0 };

	clean_add(&clean, cell);
	struct slice text = str_slice(&clean);
	for (size_t i = 0; i < text.len; i++) {
		str_addc(out, text.p[i]);
		if (text.p[i] == '\\' && i + 1 < text.len &&
		    text.p[i + 1] == '\\' && (i + 2 >= text.len ||
		    text.p[i + 2] != 'x'))
			i++;
		else if (text.p[i] == '\\' && i + 1 < text.len &&
		    text.p[i + 1] == '\\')
			str_addc(out, text.p[++i]);
	}
}

/* --- columns -------------------------------------------------------------- */

static void
measure(const struct slice *cells, size_t count, struct column *column,
    size_t columns)
{
	for (size_t c = 0; c < columns; c++)
		column[c] = (struct column){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct column *its = &column[i % columns];
		size_t width = columns_of_text(cells[i]);
		if (width > its->width)
			its->width = width;
		size_t word = longest_word(cells[i]);
		if (word > its->word)
			its->word = word;
		if (i < columns)
			continue;		/* a head */
		its->numbers += is_number(cells[i]);
		its->words |= !is_number(cells[i]) && !is_no_number(cells[i]);
	}
}

static struct column *
widest(struct column *column, size_t columns, bool whole_words)
{
	struct column *found = NULL;

	for (size_t c = 0; c < columns; c++) {
		struct column *its = &column[c];
		if (its->width > (whole_words && its->word > LEAST ?
		    its->word : LEAST) &&
		    (found == NULL || its->width >= found->width))
			found = its;
	}
	return found;
}

/* The widest gives, again and again, until all fit or are narrow; words are
 * broken when nothing else helps. */
static void
fit(struct column *column, size_t columns, size_t width)
{
	size_t all = GAP * (columns - 1);
	struct column *its;

	for (size_t c = 0; c < columns; c++)
		all += column[c].width;
	while (all > width && (its = widest(column, columns, true)) != NULL) {
		its->width--;
		all--;
	}
	while (all > width && (its = widest(column, columns, false)) != NULL) {
		its->width--;
		all--;
	}
}

static void
print_padded(struct slice text, const struct column *column, bool last)
{
	size_t used = columns_of_text(text);
	int space = column->width > used ? (int)(column->width - used) : 0;
	bool right = column->numbers > 0 && !column->words;

	printf("%*s%.*s", right ? space : 0, "", (int)text.len, text.p);
	if (!last)
		printf("%*s", right ? GAP : space + GAP, "");
}

/* As many lines as the longest cell has. */
static void
print_row(struct slice *cells, const struct column *column, size_t columns)
{
	bool more = true;

	while (more) {
		more = false;
		/* The last one that has something ends the line. */
		size_t end = columns;
		while (end > 1 && cells[end - 1].len == 0)
			end--;
		for (size_t c = 0; c < end; c++) {
			struct slice line = cut_line(&cells[c],
			    column[c].width);
			print_padded(line, &column[c], c + 1 == end);
		}
		putchar('\n');
		for (size_t c = 0; c < columns; c++)
			more = more || cells[c].len > 0;
	}
}

void
output_columns(const struct sheet *sheet)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str clean = { 0 };
	size_t columns = sheet_columns(sheet);
	size_t count = columns + sheet->count;
	struct slice rest = str_slice(&sheet->cells);
	struct slice *cells = pool_alloc(&pool, count * sizeof *cells);
	struct column *column = pool_alloc(&pool, columns * sizeof *column);

	for (size_t i = 0; i < count; i++) {
		str_cut(&clean, 0);
		add_cell(&clean, i < columns ? slice_of(sheet->heads[i]) :
		    sheet_next(&rest));
		cells[i] = slice_of(pool_dup(&pool, str_slice(&clean)));
	}
	measure(cells, count, column, columns);
	fit(column, columns, columns_of_terminal());
	for (size_t i = 0; i < count; i += columns)
		print_row(cells + i, column, columns);
}
