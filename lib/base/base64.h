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

/* The letters that bytes of this length become, with the NUL behind them. */
#define BASE64_SIZE(len)	(((len) + 2) / 3 * 4 + 1)

/* Encodes bytes into out, which has room for BASE64_SIZE() of them. */
void	base64_encode(struct slice bytes, char *out);

#endif
