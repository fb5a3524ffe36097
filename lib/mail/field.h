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

/* The next part of a value that ';' separates (RFC 2045, 5.1), trimmed: first
 * what it is, then its parameters as they are written. */
bool	field_next_part(struct slice *rest, struct slice *part);

/* Adds the value of the first parameter of that name, without its quotes.
 * False: there is none. */
bool	field_parameter(struct slice value, const char *name, struct str *out);

/* Whether a part is the parameter of that name. */
bool	field_is_parameter(struct slice part, const char *name);

#endif
