/* csv.h: comma-separated values, as RFC 4180 and spreadsheets write them.
 *
 * Fields are cut and unquoted where they stand, in the caller's text: it may
 * hold passwords, which are nowhere else then.
 */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "str.h"

enum { CSV_FIELDS = 64 };

/* Begin with text and len, all else zero. */
struct csv {
	char		*text;
	size_t		 len, at;
	unsigned	 line;		/* that ended last */
	char		 separator;	/* NUL: by the first record */
};

struct csv_record {
	unsigned	 line;		/* on which it begins, from 1 */
	struct slice	 field[CSV_FIELDS];
	size_t		 count;
	/* what is wrong with it; NULL: nothing */
	const char	*wrong;
};

/* The next record that is not an empty line; false: there is none.  A byte
 * order mark at the start is taken off; lines end in CRLF, LF or CR.  Where the
 * first record has no comma but a semicolon or a tab, that separates. */
bool	csv_next(struct csv *csv, struct csv_record *record);

/* Adds a field, quoted where that is needed, behind a comma if it is not the
 * first.  What a spreadsheet would take for a formula gets a ' in front, which
 * csv_plain() takes off again. */
void	csv_add(struct str *out, bool first, struct slice value);
struct slice csv_plain(struct slice field);

#endif
