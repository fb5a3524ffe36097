/* utf8seq.c: UTF-8, one character at a time. */
#include "utf8seq.h"

size_t
utf8seq_length(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (s.len == 0)
		return 0;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		n = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		n = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		n = 4;
	else
		return 0;
	if (s.len < n)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;		/* no overlong forms */
	if (p[0] == 0xED)
		high = 0x9F;		/* no surrogates */
	if (p[0] == 0xF0)
		low = 0x90;
	if (p[0] == 0xF4)
		high = 0x8F;		/* nothing beyond U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return n;
}

unsigned
utf8seq_decode(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = utf8seq_length(s);
	unsigned character = n == 2 ? p[0] & 0x1Fu : n == 3 ? p[0] & 0x0Fu :
	    p[0] & 0x07u;

	if (n == 0)
		return p[0];
	for (size_t i = 1; i < n; i++)
		character = character << 6 | (p[i] & 0x3Fu);
	return character;
}

void
utf8seq_add(struct str *out, unsigned c)
{
	if (c < 0x80) {
		str_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		str_addc(out, (char)(0xC0 | c >> 6));
	} else {
		if (c < 0x10000) {
			str_addc(out, (char)(0xE0 | c >> 12));
		} else {
			str_addc(out, (char)(0xF0 | c >> 18));
			str_addc(out, (char)(0x80 | (c >> 12 & 0x3F)));
		}
		str_addc(out, (char)(0x80 | (c >> 6 & 0x3F)));
	}
	str_addc(out, (char)(0x80 | (c & 0x3F)));
}
