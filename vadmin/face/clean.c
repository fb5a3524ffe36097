/* clean.c: text that is safe to print. */
#include "clean.h"

#include "utf8.h"

/* Of what is printed as it is; most text is nothing else. */
static size_t
plain_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && text.p[n] >= 0x20 && text.p[n] < 0x7F &&
	    text.p[n] != '\\')
		n++;
	return n;
}

/* U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: what a terminal
 * shows behind them is not what stands there. */
static bool
turns_around(struct slice s)
{
	static const char *const marks[] = {
		"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F",
		"\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC",
		"\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6",
		"\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9", NULL,
	};

	for (size_t i = 0; marks[i] != NULL; i++)
		if (slice_starts(s, marks[i]))
			return true;
	return false;
}

bool
clean_is_control(struct slice s)
{
	unsigned char c = s.len > 0 ? (unsigned char)s.p[0] : '\0';

	/* U+0080 to U+009F are terminal controls as well. */
	return c < 0x20 || c == 0x7F || (c == 0xC2 && s.len > 1 &&
	    (unsigned char)s.p[1] < 0xA0) || turns_around(s);
}

void
clean_add(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; ) {
		size_t plain = plain_length(slice_from(text, i));
		str_add(out, text.p + i, plain);
		i += plain;
		if (i == text.len)
			break;
		unsigned char c = (unsigned char)text.p[i];
		size_t n = utf8_length(slice_from(text, i));
		bool control = clean_is_control(slice_from(text, i));
		if (c == '\\')
			str_adds(out, "\\\\");
		else if (control || n == 0)
			str_addf(out, "\\x%02x", c);
		else
			str_add(out, text.p + i, n);
		i += control || n == 0 ? 1 : n;
	}
}
