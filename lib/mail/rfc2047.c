/* rfc2047.c: what the value of a header field says, beyond ASCII. */
#include "rfc2047.h"

#include <string.h>

#include "scope.h"
#include "utf8seq.h"

enum { LOOKED_AT = 8192 };	/* of a value */

/* --- characters -------------------------------------------------------- */

/* Of windows-1252, 0x80 to 0x9F. */
static const unsigned short western[32] = {
	0x20AC, 0x20, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x20, 0x017D, 0x20,
	0x20, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x20, 0x017E, 0x0178,
};

static const struct { unsigned char byte; unsigned short character; }
latin9[] = {
	{ 0xA4, 0x20AC }, { 0xA6, 0x0160 }, { 0xA8, 0x0161 }, { 0xB4, 0x017D },
	{ 0xB8, 0x017E }, { 0xBC, 0x0152 }, { 0xBD, 0x0153 }, { 0xBE, 0x0178 },
};

enum charset { UNKNOWN, UTF8, WESTERN, LATIN9 };

static const struct { const char *name; enum charset charset; } charsets[] = {
	{ "utf-8", UTF8 }, { "utf8", UTF8 }, { "us-ascii", UTF8 },
	{ "ascii", UTF8 }, { "iso-8859-1", WESTERN }, { "latin1", WESTERN },
	{ "windows-1252", WESTERN }, { "cp1252", WESTERN },
	{ "iso-8859-15", LATIN9 }, { "latin-9", LATIN9 },
};

static enum charset
charset_of(struct slice name)
{
	struct slice rest = name;

	slice_cut(&rest, '*', &name);		/* RFC 2231's language */
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++)
		if (slice_same(name, slice_of(charsets[i].name)))
			return charsets[i].charset;
	return UNKNOWN;
}

static unsigned
western_character(unsigned char c, enum charset charset)
{
	if (charset == LATIN9)
		for (size_t i = 0; i < sizeof latin9 / sizeof *latin9; i++)
			if (latin9[i].byte == c)
				return latin9[i].character;
	return c >= 0x80 && c < 0xA0 ? western[c - 0x80] : c;
}

/* What moves a cursor, ends a line or turns the direction of what follows. */
static bool
is_control(unsigned c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
	    (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

/* --- decoding ---------------------------------------------------------- */

/* Where decoded text goes. */
struct sink {
	struct str	*out;
	size_t		 end;		/* of out->len, at most */
	bool		 full;
	/* bytes of encoded words side by side: one character may be in two */
	struct str	 raw;
	enum charset	 charset;
};

static void
put(struct sink *s, unsigned c)
{
	size_t before = s->out->len;

	if (s->full)
		return;
	utf8seq_add(s->out, is_control(c) ? ' ' : c);
	if (s->out->len > s->end) {
		str_cut(s->out, before);
		s->full = true;
	}
}

static void
put_bytes(struct sink *s, struct slice bytes, enum charset charset)
{
	for (size_t i = 0; i < bytes.len && !s->full; ) {
		struct slice rest = slice_from(bytes, i);
		size_t n = charset == UTF8 ? utf8seq_length(rest) : 0;
		if (n > 0) {
			put(s, utf8seq_decode(rest));
			i += n;
		} else {
			put(s, western_character((unsigned char)rest.p[0],
			    charset));
			i++;
		}
	}
}

static void
flush(struct sink *s)
{
	put_bytes(s, str_slice(&s->raw), s->charset);
	str_cut(&s->raw, 0);
}

static int
hex(char c)
{
	c = ascii_lower(c);
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
decode_q(struct slice text, struct str *out)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		if (c == '=' && i + 2 < text.len &&
		    hex(text.p[i + 1]) != -1 && hex(text.p[i + 2]) != -1) {
			str_addc(out, (char)(hex(text.p[i + 1]) * 16 +
			    hex(text.p[i + 2])));
			i += 2;
		} else {
			str_addc(out, c == '_' ? ' ' : c);
		}
	}
}

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
decode_b(struct slice text, struct str *out)
{
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.p[i] != '\0' ?
		    strchr(base64, text.p[i]) : NULL;
		if (at == NULL)
			continue;
		bits = (bits << 6 | (unsigned)(at - base64)) & 0xFFFFFF;
		count += 6;
		if (count >= 8) {
			count -= 8;
			str_addc(out, (char)(bits >> count & 0xFF));
		}
	}
}

/* "=?charset?Q?text?=" */
struct encoded_word {
	enum charset	 charset;
	char		 how;		/* 'q', 'b' */
	struct slice	 text;
	size_t		 len;		/* of all of it */
};

/* The one at the start of s. */
static bool
find_encoded_word(struct slice s, struct encoded_word *out)
{
	struct slice rest = slice_from(s, 2), charset, how;

	if (!slice_starts(s, "=?") || !slice_cut(&rest, '?', &charset) ||
	    !slice_cut(&rest, '?', &how) || how.len != 1 ||
	    !slice_cut(&rest, '?', &out->text) || !slice_starts(rest, "=") ||
	    slice_has(out->text, ' '))
		return false;
	out->charset = charset_of(charset);
	out->how = ascii_lower(how.p[0]);
	out->len = (size_t)(rest.p + 1 - s.p);
	return out->how == 'q' || out->how == 'b';
}

size_t
rfc2047_foreign_word(struct slice s)
{
	struct encoded_word w;

	if (!find_encoded_word(s, &w) || w.charset != UNKNOWN)
		return 0;
	s.len = w.len;
	return slice_is_printable(s) && !slice_has(s, ' ') ? w.len : 0;
}

/* False: there is none that is understood at the start of text. */
static bool
take_encoded_word(struct sink *s, struct slice text, size_t *used)
{
	struct encoded_word w;

	if (!find_encoded_word(text, &w) || w.charset == UNKNOWN)
		return false;
	if (w.charset != s->charset)
		flush(s);
	s->charset = w.charset;
	if (w.how == 'q')
		decode_q(w.text, &s->raw);
	else
		decode_b(w.text, &s->raw);
	*used = w.len;
	return true;
}

static size_t
blanks_at(struct slice s)
{
	size_t n = 0;

	while (n < s.len && (s.p[n] == ' ' || s.p[n] == '\t' ||
	    s.p[n] == '\r' || s.p[n] == '\n'))
		n++;
	return n;
}

void
rfc2047_decode(struct slice value, size_t max, struct str *out)
{
	struct sink s = { .out = out, .end = out->len + max };
	bool after_word = false;

	if (value.len > LOOKED_AT)
		value.len = LOOKED_AT;
	while (value.len > 0 && !s.full) {
		size_t blanks = blanks_at(value), used;
		struct slice text = slice_from(value, blanks);
		size_t before = s.raw.len;
		if (blanks > 0 && text.len == 0)
			break;
		if (take_encoded_word(&s, text, &used)) {
			if (blanks > 0 && !after_word && out->len > 0 &&
			    before == 0)
				put(&s, ' ');
			value = slice_from(text, used);
			after_word = true;
			continue;
		}
		flush(&s);
		size_t foreign = rfc2047_foreign_word(text);
		size_t n = foreign > 0 ? foreign : 1;
		if (foreign > 0 && out->len + (blanks > 0) + foreign > s.end)
			break;
		if (blanks > 0)
			put(&s, ' ');
		while (n < text.len && blanks_at(slice_from(text, n)) == 0 &&
		    !slice_starts(slice_from(text, n), "=?"))
			n++;
		put_bytes(&s, (struct slice){ text.p, n }, UTF8);
		value = slice_from(text, n);
		after_word = false;
	}
	flush(&s);
	drop_str(&s.raw);
}
