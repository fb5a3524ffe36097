/* rfc2047.h: what the value of a header field says, beyond ASCII. */
#ifndef RFC2047_H
#define RFC2047_H

#include "str.h"

/* Adds what a field's value says, as UTF-8: unfolded, encoded words decoded,
 * every control character (those that turn the direction of text, too) a
 * blank, at most max bytes, cut between two characters.  Bytes that are no
 * UTF-8 are read as windows-1252; an encoded word in a charset that is not
 * known here stays as it is, and whole. */
void	rfc2047_decode(struct slice value, size_t max, struct str *out);

/* The length of an encoded word at the start of s whose charset is not known
 * here; 0: there is none. */
size_t	rfc2047_foreign_word(struct slice s);

#endif
