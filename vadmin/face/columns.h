/* columns.h: a sheet on a terminal: heads and columns, within its width. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "sheet.h"

/* What does not fit goes on in the next lines, each cell in its own column:
 * nothing is left out.  A column of numbers is flush right. */
void	output_columns(const struct sheet *sheet);

/* So many characters fit into a line of it, and so many a text takes. */
size_t	columns_of_terminal(void);
size_t	columns_of_text(struct slice text);

#endif
