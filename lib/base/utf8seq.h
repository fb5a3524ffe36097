/* utf8seq.h: UTF-8, one character at a time (RFC 3629). */
#ifndef UTF8SEQ_H
#define UTF8SEQ_H

#include "str.h"

/* The length of the valid sequence beyond ASCII at the start; 0: there is
 * none. */
size_t	utf8seq_length(struct slice s);

/* Its character; s begins with a valid sequence. */
unsigned utf8seq_decode(struct slice s);

/* Adds a character, which is none of the surrogates and below 0x110000. */
void	utf8seq_add(struct str *out, unsigned character);

#endif
