/* utf8.c: where UTF-8 characters begin and end (RFC 3629). */
#include "utf8.h"

static unsigned char
byte(struct slice s, size_t i)
{
	return i < s.len ? (unsigned char)s.p[i] : 0;
}

/* Overlong forms, surrogates and what is beyond U+10FFFF are excluded by the
 * range of the second byte. */
static bool
second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xE0:
		return second >= 0xA0 && second <= 0xBF;
	case 0xED:
		return second >= 0x80 && second <= 0x9F;
	case 0xF0:
		return second >= 0x90 && second <= 0xBF;
	case 0xF4:
		return second >= 0x80 && second <= 0x8F;
	default:
		return second >= 0x80 && second <= 0xBF;
	}
}

size_t
utf8_length(struct slice s)
{
	unsigned char first = byte(s, 0);
	size_t n = first < 0x80 ? 1 : first >= 0xC2 && first <= 0xDF ? 2 :
	    first >= 0xE0 && first <= 0xEF ? 3 : first >= 0xF0 &&
	    first <= 0xF4 ? 4 : 0;

	if (n == 0 || n > s.len)
		return 0;
	if (n > 1 && !second_fits(first, byte(s, 1)))
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((byte(s, i) & 0xC0) != 0x80)
			return 0;
	return n;
}

bool
utf8_is_valid(struct slice s)
{
	for (size_t i = 0, n; i < s.len; i += n)
		if ((n = utf8_length(slice_from(s, i))) == 0)
			return false;
	return true;
}

bool
utf8_has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = byte(s, i);
		if (c < 0x20 || c == 0x7F ||
		    (c == 0xC2 && byte(s, i + 1) >= 0x80 &&
		    byte(s, i + 1) < 0xA0))
			return true;
	}
	return false;
}
