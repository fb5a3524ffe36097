/* base64.c: bytes as letters (RFC 4648, section 4). */
#include "base64.h"

#include <stdint.h>
#include <string.h>

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The letters of a last group that is not full: 2 or 3. */
static int
decode_rest(struct slice text, char *out, size_t *len)
{
	int a = value_of(text.p[0]), b = value_of(text.p[1]);
	int c = text.len == 3 ? value_of(text.p[2]) : 0;

	if (a == -1 || b == -1 || c == -1 ||
	    (text.len == 3 ? c & 3 : b & 15) != 0)
		return -1;
	out[(*len)++] = (char)(a << 2 | b >> 4);
	if (text.len == 3)
		out[(*len)++] = (char)(b << 4 | c >> 2);
	return 0;
}

int
base64_decode(struct slice text, char *out, size_t *len)
{
	size_t n = 0, end = text.len;

	if (text.len % 4 != 0)
		return -1;
	for (int i = 0; i < 2 && end > 0 && text.p[end - 1] == '='; i++)
		end--;
	for (; end >= 4; end -= 4, text.p += 4) {
		uint32_t group = 0;
		for (int i = 0; i < 4; i++) {
			int value = value_of(text.p[i]);
			if (value == -1)
				return -1;
			group = group << 6 | (uint32_t)value;
		}
		for (int shift = 16; shift >= 0; shift -= 8)
			out[n++] = (char)(group >> shift);
	}
	if (end > 0 && decode_rest((struct slice){ text.p, end }, out,
	    &n) == -1)
		return -1;
	*len = n;
	return 0;
}

void
base64_encode(struct slice bytes, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	while (bytes.len > 0) {
		size_t n = bytes.len < 3 ? bytes.len : 3;
		uint32_t group = 0;
		for (size_t i = 0; i < 3; i++)
			group = group << 8 |
			    (i < n ? (unsigned char)bytes.p[i] : 0);
		for (size_t i = 0; i < 4; i++)
			*out++ = i > n ? '=' :
			    letters[group >> (18 - 6 * i) & 63];
		bytes = slice_from(bytes, n);
	}
	*out = '\0';
}
