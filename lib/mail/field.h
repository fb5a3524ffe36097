/* field.h: the fields of a message's header (RFC 5322), as strangers write
 * them.
 *
 *	struct slice rest = field_skip_from_line(text);
 *	struct field field;
 *	while (rest.len > 0 && field_next(&rest, &field))
 *		...
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>

#include "str.h"

/* One field with its continuation lines. */
struct field {
	struct slice	all;
	struct slice	name;
	struct slice	value;		/* trimmed, still folded */
};

/* The field at the start of rest, which moves behind it.  False: here the
 * header ends, at an empty line or at one that can be no field. */
bool	field_next(struct slice *rest, struct field *field);

/* Without the "From " line that may stand before the header. */
struct slice field_skip_from_line(struct slice header);

/* The value of the first field of that name; empty: there is none. */
struct slice field_find(struct slice header, const char *name);

/* The first line of a value, trimmed. */
struct slice field_first_line(struct slice value);

#endif
