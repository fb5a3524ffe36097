/* sheet.h: rows of cells that are to be printed, however that is (output.h). */
#ifndef SHEET_H
#define SHEET_H

#include <stddef.h>

#include "str.h"

struct sheet {
	const char *const	*heads;		/* of the columns, NULL-ended */
	struct str		 cells;		/* each behind its length */
	size_t			 count;		/* of cells */
};

/* One cell after the other, row by row. */
void	sheet_add(struct sheet *sheet, struct slice cell);
void	sheet_adds(struct sheet *sheet, const char *cell);
void	sheet_addf(struct sheet *sheet, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	drop_sheet(struct sheet *sheet);

/* The two columns of "show".  A name that comes more than once has an array
 * in JSON. */
extern const char *const name_and_value[];

/* --- for who prints it --------------------------------------------------- */

size_t	sheet_columns(const struct sheet *sheet);

/* Takes the next cell from what is left of the cells. */
struct slice sheet_next(struct slice *rest);

#endif
