/* rfc2047_encode.h: text beyond ASCII, as the value of a header field. */
#ifndef RFC2047_ENCODE_H
#define RFC2047_ENCODE_H

#include "str.h"

/* Adds text as the value of a field whose name takes column bytes: ASCII as it
 * is, else, and where it would be taken for one, as encoded words; folded, no
 * line longer than 78 bytes but for one word of ASCII.  The text has no control
 * characters; no line end at the end. */
void	rfc2047_encode(struct slice text, size_t column, struct str *out);

/* The same as a phrase, which stands before an address in brackets (RFC 5322,
 * 3.2.5): quoted where it needs to be. */
void	rfc2047_encode_phrase(struct slice text, size_t column,
	    struct str *out);

#endif
