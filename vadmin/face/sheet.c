/* sheet.c: rows of cells that are to be printed. */
#include "sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scope.h"

const char *const name_and_value[] = { "NAME", "VALUE", NULL };

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

void
drop_sheet(struct sheet *sheet)
{
	drop_str(&sheet->cells);
}
