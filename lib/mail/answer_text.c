/* answer_text.c: the text of an automatic answer: what of it is sent. */
#include "answer_text.h"

#include <string.h>

#include "address_list.h"
#include "field.h"
#include "rfc2047.h"
#include "scope.h"
#include "utf8seq.h"

enum {
	FIELD_MAX = 900,		/* of a line of one that is copied */
	FIELD_NAME_MAX = 70,
	ADDRESS_MAX = 320,		/* RFC 3696: 64 + 1 + 255 */
	SUBJECT_MAX = 2000,		/* of ours */
};

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

static bool
is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
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

/* --- fields ------------------------------------------------------------- */

typedef int reader(struct slice value, struct answer_text *out,
	    struct err *err);

static int
read_subject(struct slice value, struct answer_text *out, struct err *err)
{
	(void)err;
	str_cut(&out->subject, 0);
	rfc2047_decode(value, SUBJECT_MAX, &out->subject);
	return 0;
}

void
answer_add_mailbox(struct slice name, const char *address, struct str *out)
{
	enum { SHORT = 60 };
	SCOPED(drop_str) struct str text = { 0 }, phrase = { 0 };

	rfc2047_decode(name, ANSWER_SUBJECT, &text);
	rfc2047_encode_phrase(str_slice(&text), 10, &phrase);
	struct slice before = str_slice(&phrase);
	if (before.len == 0) {
		str_adds(out, address);
		return;
	}
	str_addslice(out, before);
	str_addf(out, before.len > SHORT || slice_starts(before, "=?") ?
	    "\n <%s>" : " <%s>", address);
}

/* "\"a \\\" b\"" is a " b. */
static void
add_unquoted(struct slice name, struct str *out)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '"')
			continue;
		if (name.p[i] == '\\' && i + 1 < name.len)
			i++;
		str_addc(out, name.p[i]);
	}
}

/* Whether others read it as we do: one address, and which. */
static bool
is_one_mailbox(struct slice text, const char *address)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	return address_list_next(&text, &listed) &&
	    slice_is(str_slice(&listed.address), address) &&
	    !address_list_next(&text, &listed);
}

/* One address in a spelling of ours. */
static bool
add_mailbox(const struct listed *listed, struct str *out, struct str *bare)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str name = { 0 };
	struct address address;
	size_t before = out->len;
	struct err err;

	if (address_parse(&pool, str_slice(&listed->address), &address,
	    &err) == -1 || address.domain[0] == '\0')
		return false;
	const char *text = address_text(&pool, address.local, address.domain);
	if (!is_printable(slice_of(text)) || strlen(text) > ADDRESS_MAX)
		return false;
	add_unquoted(str_slice(&listed->name), &name);
	answer_add_mailbox(str_slice(&name), text, out);
	if (!is_one_mailbox(slice_from(str_slice(out), before), text)) {
		str_cut(out, before);
		return false;
	}
	if (bare != NULL)
		str_adds(bare, text);
	return true;
}

/* A name that is not quoted may hold what a phrase cannot. */
static bool
is_phrase(struct slice name)
{
	if (name.len >= 2 && name.p[0] == '"')
		return slice_find(slice_from(name, 1), '"') ==
		    (ptrdiff_t)name.len - 2;
	for (size_t i = 0; i < name.len; i++)
		if (strchr("()<>[]:;@\\,\"", name.p[i]) != NULL)
			return false;
	return true;
}

static void
leave_out(struct answer_text *out, struct slice name)
{
	if (out->left_out.len > 200)
		return;
	if (out->left_out.len > 0)
		str_adds(&out->left_out, ", ");
	str_add(&out->left_out, name.p, name.len < 60 ? name.len : 60);
}

static int
read_from(struct slice value, struct answer_text *out, struct err *err)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	(void)err;
	answer_text_refuse_from(out);
	if (!address_list_next(&value, &listed) ||
	    !is_phrase(str_slice(&listed.name)) ||
	    !add_mailbox(&listed, &out->from, &out->from_address)) {
		answer_text_refuse_from(out);
		leave_out(out, SLICE("From"));
	}
	return 0;
}

static int
read_reply_to(struct slice value, struct answer_text *out, struct err *err)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	(void)err;
	str_cut(&out->reply_to, 0);
	while (out->reply_to.len < FIELD_MAX && address_list_next(&value,
	    &listed)) {
		size_t before = out->reply_to.len;
		if (before > 0)
			str_adds(&out->reply_to, ",\n ");
		if (!is_phrase(str_slice(&listed.name)))
			str_cut(&listed.name, 0);
		if (!add_mailbox(&listed, &out->reply_to, NULL))
			str_cut(&out->reply_to, before);
	}
	return 0;
}

static bool
is_day(struct slice s)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	uint64_t year, month, day;

	if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    slice_number((struct slice){ s.p, 4 }, 9999, &year) == -1 ||
	    slice_number((struct slice){ s.p + 5, 2 }, 12, &month) == -1 ||
	    slice_number((struct slice){ s.p + 8, 2 }, 31, &day) == -1 ||
	    month == 0 || day == 0)
		return false;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static int
read_day(const char *name, struct slice value, struct answer_day *out,
    struct err *err)
{
	if (!is_day(value))
		return err_set(err, ERR_INVALID,
		    "%s: not a day, which is YYYY-MM-DD", name);
	memcpy(out->text, value.p, 10);
	out->text[10] = '\0';
	return 0;
}

static int
read_start(struct slice value, struct answer_text *out, struct err *err)
{
	return read_day("Vacation-Start", value, &out->start, err);
}

static int
read_end(struct slice value, struct answer_text *out, struct err *err)
{
	return read_day("Vacation-End", value, &out->end, err);
}

static int
read_days(struct slice value, struct answer_text *out, struct err *err)
{
	if (slice_number(value, ANSWER_DAYS_MAX, &out->days) == -1)
		return err_set(err, ERR_INVALID,
		    "Vacation-Days: not a number of days up to %d",
		    ANSWER_DAYS_MAX);
	out->has_days = true;
	return 0;
}

static const struct row {
	const char	*field;
	reader		*read;
} rows[] = {
	{ "Subject", read_subject }, { "From", read_from },
	{ "Reply-To", read_reply_to }, { "Vacation-Start", read_start },
	{ "Vacation-End", read_end }, { "Vacation-Days", read_days },
};

/* False: it cannot be sent as it is. */
static bool
add_mime(const struct field *field, struct answer_text *out)
{
	struct slice line, rest = field->value;
	size_t before = out->mime.len;

	if (field->name.len > FIELD_NAME_MAX)
		return false;
	str_addslice(&out->mime, field->name);
	str_addc(&out->mime, ':');
	for (bool first = true; slice_cut(&rest, '\n', &line); first = false) {
		line = slice_trim(line);
		for (size_t i = 0; i < line.len; i++)
			if (line.p[i] < ' ' || line.p[i] > '~') {
				str_cut(&out->mime, before);
				return false;
			}
		if (line.len > FIELD_MAX) {
			str_cut(&out->mime, before);
			return false;
		}
		if (line.len > 0)
			str_addf(&out->mime, first ? " %.*s" : "\n %.*s",
			    (int)line.len, line.p);
	}
	str_addc(&out->mime, '\n');
	return true;
}

static bool
holds_field(struct slice lines, struct slice name)
{
	struct field field;

	while (lines.len > 0 && field_next(&lines, &field))
		if (slice_same(field.name, name))
			return true;
	return false;
}

static bool
take_mime(const struct field *field, struct answer_text *out)
{
	if ((!slice_starts_same(field->name, "MIME-") &&
	    !slice_starts_same(field->name, "Content-")) ||
	    slice_same(field->name, SLICE("Content-Length")) ||
	    holds_field(str_slice(&out->mime), field->name) ||
	    !add_mime(field, out))
		return false;
	if (slice_same(field->name, SLICE("Content-Type"))) {
		out->has_type = true;
		out->is_markup = !slice_starts_same(field->value, "text/plain");
	}
	return true;
}

/* --- all of it ---------------------------------------------------------- */

static int
take_field(const struct field *field, struct answer_text *out,
    struct err *err)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (slice_same(field->name, slice_of(rows[i].field)))
			return rows[i].read(field->value, out, err);
	if (!take_mime(field, out))
		leave_out(out, field->name);
	return 0;
}

static bool
is_one_of(struct slice word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (slice_same(word, slice_of(*words)))
			return true;
	return false;
}

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
	    is_one_of(str_slice(&charset), ours))
		return false;
	return !plain_or_ascii || !is_one_of(str_slice(&charset), western);
}

/* What stands for more than itself: nothing can be put in, or broken. */
static bool
is_sealed(struct slice type, struct slice encoding)
{
	static const char *const plain[] = { "", "7bit", "8bit", "binary",
	    NULL };
	struct slice word = SLICE("");

	field_next_part(&encoding, &word);
	return !is_one_of(word, plain) ||
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

int
answer_text_parse(struct slice file, struct answer_text *out, struct err *err)
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
		if (take_field(&field, &text, err) == -1)
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

void
answer_text_refuse_from(struct answer_text *text)
{
	str_cut(&text->from, 0);
	str_cut(&text->from_address, 0);
}

void
drop_answer_text(struct answer_text *text)
{
	drop_str(&text->subject);
	drop_str(&text->from);
	drop_str(&text->reply_to);
	drop_str(&text->from_address);
	drop_str(&text->mime);
	drop_str(&text->body);
	drop_str(&text->left_out);
}

bool
answer_text_is_due(const struct answer_text *text, const char *day)
{
	return (text->start.text[0] == '\0' ||
	    strcmp(text->start.text, day) <= 0) &&
	    (text->end.text[0] == '\0' || strcmp(day, text->end.text) <= 0);
}
