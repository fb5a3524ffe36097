/* base64.h: bytes as letters (RFC 4648, section 4).
 */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

#include "str.h"

/* Decodes text into out, which has room for three quarters of it.  Padding is
 * at the end alone, and complete; bits that say nothing are zero; nothing else
 * is skipped.  -1: it is not so; out may have been written to. */
int	base64_decode(struct slice text, char *out, size_t *len);

#endif
