/* utf8.h: where UTF-8 characters begin and end (RFC 3629). */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>

#include "str.h"

/* Bytes of the character at the start of s: 1 to 4; 0: no valid one. */
size_t	utf8_length(struct slice s);
bool	utf8_is_valid(struct slice s);

/* Whether a control character is in it, of ASCII's or of the second set. */
bool	utf8_has_control(struct slice s);

#endif
