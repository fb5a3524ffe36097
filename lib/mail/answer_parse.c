/* answer_parse.c: the file of an automatic answer's text: whether it can be
 * sent. */
#include "answer_parse.h"

#include "field.h"
#include "scope.h"
#include "utf8seq.h"

/* --- bytes -------------------------------------------------------------- */

static bool
is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.len; ) {
		size_t n = (unsigned char)s.p[i] < 0x80 ? 1 :
		    utf8seq_length(slice_from(s, i));
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* LF line ends.  A text from an old machine, in Latin-1, becomes UTF-8. */
static void
normalise(struct slice file, struct str *out)
{
	bool utf8 = is_utf8(file);

	for (size_t i = 0; i < file.len; i++) {
		unsigned char c = (unsigned char)file.p[i];
		if (c == '\r' && i + 1 < file.len && file.p[i + 1] == '\n')
			continue;
		if (utf8)
			str_addc(out, (char)c);
		else
			utf8seq_add(out, c);
	}
}

/* --- the body ----------------------------------------------------------- */

/* Whether others would read a text in UTF-8 as something else.  What is said of
 * a plain one in Latin-1 is changed when it is sent: it is in UTF-8 by now. */
static bool
is_in_another_charset(struct slice type, bool plain_or_ascii)
{
	static const char *const ours[] = { "utf-8", "utf8", "us-ascii",
	    "ascii", NULL };
	static const char *const western[] = { "iso-8859-1", "windows-1252",
	    "latin1", NULL };
	static const char *const split[] = { "charset*", "charset*0",
	    "charset*0*" };			/* RFC 2231 */
	SCOPED(drop_str) struct str charset = { 0 };

	for (size_t i = 0; i < sizeof split / sizeof *split; i++)
		if (field_parameter(type, split[i], &charset))
			return true;
	if (!field_parameter(type, "charset", &charset) ||
	    slice_same_any(str_slice(&charset), ours))
		return false;
	return !plain_or_ascii || !slice_same_any(str_slice(&charset), western);
}

/* What stands for more than itself: nothing can be put in, or broken. */
static bool
is_sealed(struct slice type, struct slice encoding)
{
	static const char *const plain[] = { "", "7bit", "8bit", "binary",
	    NULL };
	struct slice word = SLICE("");

	field_next_part(&encoding, &word);
	return !slice_same_any(word, plain) ||
	    slice_starts_same(type, "multipart/") ||
	    slice_starts_same(type, "message/");
}

/* So nobody but its author can mend it. */
static int
check_sealed(struct slice file, struct slice body, bool eight_bits,
    struct err *err)
{
	struct slice line;

	if (slice_has(body, '\r') || slice_has(body, '\0'))
		return err_set(err, ERR_INVALID,
		    "a carriage return or a NUL in its encoded body");
	if (!slice_is_ascii(body) && (!eight_bits || !is_utf8(file)))
		return err_set(err, ERR_INVALID, "its body has bytes that its "
		    "Content-Transfer-Encoding does not allow");
	while (slice_cut(&body, '\n', &line))
		if (line.len > ANSWER_LINE)
			return err_set(err, ERR_INVALID, "a line of its "
			    "encoded body is longer than %d bytes",
			    ANSWER_LINE);
	return 0;
}

/* Whether the body is what its header says, and can be sent. */
static int
settle(struct slice file, struct answer_text *text, struct err *err)
{
	struct slice type = field_find(str_slice(&text->mime), "Content-Type");
	struct slice encoding = field_find(str_slice(&text->mime),
	    "Content-Transfer-Encoding");

	text->is_sealed = is_sealed(type, encoding);
	if (text->is_sealed)
		return check_sealed(file, str_slice(&text->body),
		    slice_starts_same(encoding, "8bit") ||
		    slice_starts_same(encoding, "binary"), err);
	if (is_in_another_charset(type, !text->is_markup ||
	    slice_is_ascii(file)))
		return err_set(err, ERR_INVALID, "Content-Type: its charset "
		    "is not known here: write the text in UTF-8");
	return 0;
}

/* --- all of it ---------------------------------------------------------- */

int
answer_parse(struct slice file, struct answer_text *out, struct err *err)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str all = { 0 };
	struct field field;

	if (file.len > ANSWER_TEXT_MAX)
		return err_set(err, ERR_INVALID, "longer than %d bytes",
		    ANSWER_TEXT_MAX);
	normalise(file, &all);
	struct slice rest = str_slice(&all);
	while (rest.len > 0 && field_next(&rest, &field))
		if (answer_text_take(&field, &text, err) == -1)
			return -1;
	if (slice_starts(rest, "\n"))
		rest = slice_from(rest, 1);
	str_addslice(&text.body, rest);
	if (settle(file, &text, err) == -1)
		return -1;
	*out = text;
	text = (struct answer_text){ 0 };
	return 0;
}
