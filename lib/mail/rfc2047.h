/* rfc2047.h: text of a header field beyond ASCII, both ways. */
#ifndef RFC2047_H
#define RFC2047_H

#include "str.h"

/* Adds what a field's value says, as UTF-8: unfolded, encoded words decoded,
 * every control character (those that turn the direction of text, too) a
 * blank, at most max bytes, cut between two characters.  Bytes that are no
 * UTF-8 are read as windows-1252; an encoded word in a charset that is not
 * known here stays as it is, and whole. */
void	rfc2047_decode(struct slice value, size_t max, struct str *out);

/* Adds text as the value of a field whose name takes column bytes: ASCII as it
 * is, else, and where it would be taken for one, as encoded words; folded, no line longer than 78 bytes but for one
 * word of ASCII.  The text has no control characters; no line end at the
 * end. */
void	rfc2047_encode(struct slice text, size_t column, struct str *out);

/* The same as a phrase, which stands before an address in brackets (RFC 5322,
 * 3.2.5): quoted where it needs to be. */
void	rfc2047_encode_phrase(struct slice text, size_t column,
	    struct str *out);

#endif
