/* rfc2047_encode.c: text beyond ASCII, as the value of a header field. */
#include "rfc2047_encode.h"

#include <string.h>

#include "base64.h"
#include "rfc2047.h"
#include "utf8seq.h"

enum {
	LINE = 76,
	WORD = 200,		/* the longest of ASCII that is left alone */
	CHUNK = 45,		/* of an encoded word: 60 in base64 */
};

static bool
holds_mark(struct slice s)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.p[i] == '=' && s.p[i + 1] == '?')
			return true;
	return false;
}

/* Whether it can stand in a field as it is, and means the same there. */
static bool
is_plain(struct slice text)
{
	struct slice word;

	if (!slice_is_printable(text))
		return false;
	while (slice_cut(&text, ' ', &word))
		if (word.len > WORD || (holds_mark(word) &&
		    rfc2047_foreign_word(word) != word.len))
			return false;
	return true;
}

static void
add_plain(struct slice text, size_t column, struct str *out)
{
	struct slice word;
	bool first = true;

	while (slice_cut(&text, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (!first && column + 1 + word.len > LINE) {
			str_adds(out, "\n ");
			column = 1;
		} else if (!first) {
			str_addc(out, ' ');
			column++;
		}
		str_addslice(out, word);
		column += word.len;
		first = false;
	}
}

static void
add_encoded_words(struct slice text, size_t column, struct str *out)
{
	char letters[BASE64_SIZE(CHUNK)];
	size_t start = 0;

	while (start < text.len) {
		size_t len = 0, room = start == 0 && column > 4 &&
		    column < 30 ? CHUNK - column : start == 0 &&
		    column >= 30 ? 4 : CHUNK, n = 0;
		for (; start + len < text.len; len += n) {
			n = utf8seq_length(slice_from(text, start + len));
			n = n == 0 ? 1 : n;
			if (len + n > room && len > 0)
				break;
		}
		str_adds(out, start > 0 ? "\n =?UTF-8?B?" : "=?UTF-8?B?");
		base64_encode((struct slice){ text.p + start, len }, letters);
		str_adds(out, letters);
		str_adds(out, "?=");
		start += len;
	}
}

void
rfc2047_encode(struct slice text, size_t column, struct str *out)
{
	text = slice_trim(text);
	if (is_plain(text))
		add_plain(text, column, out);
	else
		add_encoded_words(text, column, out);
}

/* RFC 5322's atoms. */
static bool
is_atoms(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr("()<>[]:;@\\,.\"", text.p[i]) != NULL)
			return false;
	return is_plain(text);
}

void
rfc2047_encode_phrase(struct slice text, size_t column, struct str *out)
{
	text = slice_trim(text);
	if (is_atoms(text)) {
		add_plain(text, column, out);
	} else if (slice_is_printable(text) && text.len <= WORD &&
	    !holds_mark(text)) {
		str_addc(out, '"');
		for (size_t i = 0; i < text.len; i++) {
			if (text.p[i] == '"' || text.p[i] == '\\')
				str_addc(out, '\\');
			str_addc(out, text.p[i]);
		}
		str_addc(out, '"');
	} else {
		add_encoded_words(text, column, out);
	}
}
