/* output.h: what vadmin prints: tables for people, tab-separated records for
 * scripts (when standard output is no terminal), one record a line.
 *
 * Control bytes and bytes that are no UTF-8 are printed as \xHH, a backslash
 * as \\: what somebody wrote into a file never moves a cursor or begins
 * another record.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "err.h"
#include "str.h"

/* Adds text with what is dangerous to print escaped. */
void	output_clean(struct str *out, struct slice text);

struct sheet {
	const char *const	*heads;		/* of the columns, NULL-ended */
	struct str		 cells;		/* cleaned, each ended by NUL */
	size_t			 count;		/* of cells */
};

/* Whether a person reads it: then a sheet has heads and columns, and an
 * operation may show bars and units. */
bool	output_is_for_people(void);

/* One cell after the other, row by row. */
void	sheet_add(struct sheet *sheet, struct slice cell);
void	sheet_adds(struct sheet *sheet, const char *cell);
void	sheet_addf(struct sheet *sheet, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	sheet_print(const struct sheet *sheet);
void	drop_sheet(struct sheet *sheet);

/* The two columns of "show". */
extern const char *const name_and_value[];

/* One line of text as it is, cleaned. */
void	output_line(struct slice text);

/* The writing of all that was printed; a full disk is an error. */
int	output_end(struct err *err);

#endif
