/* many_lines.h: many lines added to passwd.D or shadow.D at once; see
 * entries.h for one.
 */
#ifndef MANY_LINES_H
#define MANY_LINES_H

#include "entries.h"
#include "err.h"
#include "pool.h"
#include "str.h"

struct new_line {
	struct slice	field[SHADOW_FIELDS];
};

/* Adds to out the text without any line of these names, and then the lines,
 * count of so many fields.  What came out is read again: ERR_INVALID, a field
 * holds what no field can. */
int	many_lines_add(struct slice text, const struct new_line *lines,
	    size_t count, size_t fields, struct str *out, struct err *err);

#endif
