/* csv_row.h: an account as a line of a CSV names it. */
#ifndef CSV_ROW_H
#define CSV_ROW_H

#include "csv.h"
#include "err.h"
#include "intake.h"
#include "pool.h"

struct csv_column;
struct csv_columns {
	const struct csv_column	*column[CSV_FIELDS];
	size_t			 count;
};

struct csv_row {
	/* full name, quota, forward and profile, where they are said */
	struct newcomer	 newcomer;
	/* all three in the record's text */
	struct slice	 address, password, hash;
};

/* What the first record names; columns begins empty.  ERR_INVALID: what is
 * wrong with it. */
int	csv_columns_read(struct csv_columns *columns,
	    const struct csv_record *head, struct err *err);
bool	csv_columns_have(const struct csv_columns *columns, const char *name);

/* Each field as its type allows it; row begins empty.  ERR_INVALID: why it does
 * not, and *what is the column, or the address if all have been read. */
int	csv_row_read(const struct csv_columns *columns,
	    const struct csv_record *record, struct pool *pool,
	    struct csv_row *row, const char **what, struct err *err);

#endif
