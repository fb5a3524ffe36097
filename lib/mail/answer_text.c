/* answer_text.c: the text of an automatic answer, and the answer made of
 * it. */
#include "answer_text.h"

#include <inttypes.h>
#include <string.h>

#include "address_list.h"
#include "field.h"
#include "rfc2047.h"
#include "scope.h"
#include "utf8seq.h"

enum {
	LINE_MAX_BYTES = 998,		/* RFC 5322, 2.1.1 */
	FIELD_MAX = 900,		/* of one that is copied */
	QP_LINE = 76,
	SUBJECT_MAX = 2000,		/* of ours */
};

/* --- reading ------------------------------------------------------------ */

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
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
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

/* One address in a spelling of ours; its name is ASCII or an encoded word. */
static bool
add_mailbox(const struct listed *listed, struct str *out, struct str *bare)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_str) struct str name = { 0 };
	struct address address;
	struct err err;

	if (address_parse(&pool, str_slice(&listed->address), &address,
	    &err) == -1 || address.domain[0] == '\0')
		return false;
	const char *text = address_text(&pool, address.local, address.domain);
	if (!is_printable(slice_of(text)))
		return false;
	rfc2047_decode(str_slice(&listed->name), ANSWER_SUBJECT, &name);
	if (name.len == 0)
		str_adds(out, text);
	else if (is_ascii(str_slice(&name)))
		str_addf(out, "%s <%s>", str_text(&name), text);
	else {
		struct slice words = str_slice(&name);
		if (words.len > 2 && words.p[0] == '"' &&
		    words.p[words.len - 1] == '"')
			words = (struct slice){ words.p + 1, words.len - 2 };
		rfc2047_encode(words, 10, out);
		str_addf(out, "\n <%s>", text);
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

static int
read_from(struct slice value, struct answer_text *out, struct err *err)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	(void)err;
	answer_text_refuse_from(out);
	if (!address_list_next(&value, &listed) ||
	    !is_phrase(str_slice(&listed.name)) ||
	    !add_mailbox(&listed, &out->from, &out->from_address))
		answer_text_refuse_from(out);
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

static bool
begins_same(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && slice_same((struct slice){ s.p, n },
	    (struct slice){ prefix, n });
}

static bool
holds_same(struct slice s, const char *word)
{
	for (size_t i = 0; i < s.len; i++)
		if (begins_same(slice_from(s, i), word))
			return true;
	return false;
}

/* False: it cannot be sent as it is. */
static bool
add_mime(const struct field *field, struct answer_text *out)
{
	struct slice line, rest = field->value;
	size_t before = out->mime.len;

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
	if ((!begins_same(field->name, "MIME-") &&
	    !begins_same(field->name, "Content-")) ||
	    slice_same(field->name, SLICE("Content-Length")) ||
	    holds_field(str_slice(&out->mime), field->name) ||
	    !add_mime(field, out))
		return false;
	if (slice_same(field->name, SLICE("Content-Type"))) {
		out->has_type = true;
		out->is_markup = !begins_same(field->value, "text/plain");
	}
	if (slice_same(field->name, SLICE("Content-Transfer-Encoding")))
		out->is_encoded = !begins_same(field->value, "7bit") &&
		    !begins_same(field->value, "8bit") &&
		    !begins_same(field->value, "binary");
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
names_charset(const struct answer_text *text, const char *const *names)
{
	struct slice mime = str_slice(&text->mime);

	for (; *names != NULL; names++)
		if (holds_same(mime, *names))
			return true;
	return false;
}

/* A text whose header names another charset than UTF-8.  A plain one was turned
 * into UTF-8 when it was read: what was named is gone then. */
static int
settle_charset(struct slice file, struct answer_text *text, struct err *err)
{
	static const char *const ours[] = { "utf-8", "us-ascii", NULL };
	static const char *const western[] = { "iso-8859-1", "windows-1252",
	    NULL };

	if (!text->has_type || !holds_same(str_slice(&text->mime), "charset") ||
	    names_charset(text, ours) || text->is_encoded)
		return 0;
	if (!is_ascii(file) && (text->is_markup || (!is_utf8(file) &&
	    !names_charset(text, western))))
		return err_set(err, ERR_INVALID, "Content-Type: its charset "
		    "is not known here: write the text in UTF-8");
	if (!text->is_markup) {
		str_cut(&text->mime, 0);
		text->has_type = false;
	}
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
	if (settle_charset(file, &text, err) == -1)
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

/* --- what the message says ---------------------------------------------- */

static struct slice
value_of(struct slice message, const char *name)
{
	struct slice rest = field_skip_from_line(message);
	struct field field;

	while (rest.len > 0 && field_next(&rest, &field))
		if (slice_same(field.name, slice_of(name)))
			return field.value;
	return (struct slice){ 0 };
}

/* The next "<left@right>" of printable ASCII. */
static bool
next_id(struct slice *rest, struct slice *id)
{
	enum { ID_MAX = 250 };
	ptrdiff_t start, end;

	while ((start = slice_find(*rest, '<')) != -1) {
		*rest = slice_from(*rest, (size_t)start);
		end = slice_find(*rest, '>');
		if (end == -1)
			return false;
		*id = (struct slice){ rest->p, (size_t)end + 1 };
		*rest = slice_from(*rest, 1);
		bool good = id->len > 3 && id->len <= ID_MAX &&
		    slice_has(*id, '@');
		for (size_t i = 1; i + 1 < id->len; i++)
			good = good && id->p[i] > ' ' && id->p[i] <= '~' &&
			    id->p[i] != '<';
		if (good)
			return true;
	}
	return false;
}

/* RFC 5322, 3.6.4: the references of the message, and itself.  Of many the
 * last ones: what they hang on is known by then. */
static void
add_references(struct slice message, struct str *out)
{
	enum { KEPT = 20 };
	struct slice rest, id, parent, kept[KEPT];
	size_t count = 0;

	rest = value_of(message, "Message-ID");
	if (!next_id(&rest, &id))
		return;
	str_addf(out, "In-Reply-To: %.*s\n", (int)id.len, id.p);
	rest = value_of(message, "References");
	if (rest.len == 0)
		rest = value_of(message, "In-Reply-To");
	for (; next_id(&rest, &parent); count++)
		kept[count % KEPT] = parent;
	str_adds(out, "References:");
	for (size_t i = count > KEPT ? count - KEPT : 0; i < count; i++)
		str_addf(out, " %.*s\n", (int)kept[i % KEPT].len,
		    kept[i % KEPT].p);
	str_addf(out, " %.*s\n", (int)id.len, id.p);
}

/* --- writing ------------------------------------------------------------ */

enum quoting { PLAIN, MARKUP };

/* By numbers, which mean the same in every charset. */
static void
add_escaped(struct str *out, struct slice text)
{
	while (text.len > 0) {
		size_t n = utf8seq_length(text);
		if (n > 0 || (text.p[0] != '\0' &&
		    strchr("<>&\"'", text.p[0]) != NULL))
			str_addf(out, "&#%u;", utf8seq_decode(text));
		else
			str_addc(out, text.p[0]);
		text = slice_from(text, n > 0 ? n : 1);
	}
}

/* $SUBJECT is replaced once, and not looked at again. */
static void
expand(struct slice text, struct slice subject, enum quoting how,
    struct str *out)
{
	while (text.len > 0) {
		ptrdiff_t at = slice_find(text, '$');
		size_t n = at == -1 ? text.len : (size_t)at;
		str_add(out, text.p, n);
		text = slice_from(text, n);
		if (slice_starts(text, "$SUBJECT")) {
			if (how == MARKUP)
				add_escaped(out, subject);
			else
				str_addslice(out, subject);
			text = slice_from(text, 8);
		} else if (text.len > 0) {
			str_addc(out, '$');
			text = slice_from(text, 1);
		}
	}
}

static bool
needs_encoding(struct slice body)
{
	size_t line = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.p[i];
		line = c == '\n' ? 0 : line + 1;
		if (c >= 0x7F || (c < ' ' && c != '\n' && c != '\t') ||
		    line > LINE_MAX_BYTES)
			return true;
	}
	return false;
}

/* RFC 2045, 6.7.  A line of "From ..." or "." alone is encoded, too: some MTAs
 * change it. */
static void
add_quoted_printable(struct slice body, struct str *out)
{
	size_t column = 0;

	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.p[i];
		bool last = i + 1 == body.len || body.p[i + 1] == '\n';
		if (c == '\n') {
			str_addc(out, '\n');
			column = 0;
			continue;
		}
		bool plain = (c > ' ' && c <= '~' && c != '=') ||
		    ((c == ' ' || c == '\t') && !last);
		if (column == 0 && (c == '.' || c == 'F'))
			plain = false;
		size_t width = plain ? 1 : 3;
		if (column + width > QP_LINE - (last ? 0u : 1u)) {
			str_adds(out, "=\n");
			column = 0;
		}
		if (plain)
			str_addc(out, (char)c);
		else
			str_addf(out, "=%02X", c);
		column += width;
	}
	if (body.len > 0 && body.p[body.len - 1] != '\n')
		str_addc(out, '\n');
}

/* NUL bytes have no place in mail at all. */
static void
add_as_it_is(struct slice body, struct str *out)
{
	for (size_t i = 0; i < body.len; i++)
		if (body.p[i] != '\0')
			str_addc(out, body.p[i]);
	if (body.len > 0 && body.p[body.len - 1] != '\n')
		str_addc(out, '\n');
}

static bool
is_multipart(const struct answer_text *t)
{
	return begins_same(value_of(str_slice(&t->mime), "Content-Type"),
	    "multipart/");
}

static void
add_body(const struct answer_text *t, struct slice subject, struct str *out)
{
	SCOPED(drop_str) struct str body = { 0 };
	struct slice rest = str_slice(&t->mime);
	struct field field;

	/* What is encoded is sent as it is. */
	bool sealed = t->is_encoded || is_multipart(t);
	if (sealed)
		str_addslice(&body, str_slice(&t->body));
	else
		expand(str_slice(&t->body), subject, t->is_markup ? MARKUP :
		    PLAIN, &body);
	bool encode = !sealed && needs_encoding(str_slice(&body));
	while (rest.len > 0 && field_next(&rest, &field))
		if (!slice_same(field.name, SLICE("MIME-Version")) &&
		    !(encode && slice_same(field.name,
		    SLICE("Content-Transfer-Encoding"))))
			str_addslice(out, field.all);
	if (encode || t->mime.len > 0)
		str_adds(out, "MIME-Version: 1.0\n");
	if (encode && !t->has_type)
		str_adds(out, "Content-Type: text/plain; charset=UTF-8\n");
	if (encode)
		str_adds(out,
		    "Content-Transfer-Encoding: quoted-printable\n");
	str_addc(out, '\n');
	if (encode)
		add_quoted_printable(str_slice(&body), out);
	else
		add_as_it_is(str_slice(&body), out);
}

static void
add_subject(const struct answer *a, struct slice subject, struct str *out)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (a->text->subject.len > 0)
		expand(str_slice(&a->text->subject), subject, PLAIN, &text);
	else if (subject.len > 0)
		str_addf(&text, "Auto: %.*s", (int)subject.len, subject.p);
	else
		str_adds(&text, "Auto: your message");
	str_adds(out, "Subject: ");
	rfc2047_encode(str_slice(&text), 9, out);
	str_addc(out, '\n');
}

/* A name of plain words, or an encoded one. */
static void
add_from(const struct answer *a, struct str *out)
{
	bool quoted = is_ascii(slice_of(a->name));

	str_adds(out, "From: ");
	if (a->text->from.len > 0) {
		str_addslice(out, str_slice(&a->text->from));
	} else if (a->name[0] == '\0') {
		str_adds(out, a->from);
	} else if (quoted) {
		str_addc(out, '"');
		for (const char *p = a->name; *p != '\0'; p++)
			if (*p >= ' ' && *p <= '~' && *p != '"' &&
			    *p != '\\')
				str_addc(out, *p);
		str_addf(out, "\" <%s>", a->from);
	} else {
		rfc2047_encode(slice_of(a->name), 6, out);
		str_addf(out, "\n <%s>", a->from);
	}
	str_addc(out, '\n');
}

void
answer_compose(const struct answer *a, struct str *out)
{
	SCOPED(drop_str) struct str subject = { 0 }, to = { 0 };
	struct tm utc;
	char date[64];

	rfc2047_decode(value_of(a->message, "Subject"), ANSWER_SUBJECT,
	    &subject);
	address_add(&to, a->to->local, a->to->domain);
	gmtime_r(&a->now, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
	str_addf(out, "Date: %s\n", date);
	str_addf(out, "Message-ID: <%016" PRIx64 ".%lld@%s>\n", a->random,
	    (long long)a->now, a->host);
	add_from(a, out);
	str_addf(out, "To: %s\n", str_text(&to));
	add_subject(a, str_slice(&subject), out);
	if (a->text->reply_to.len > 0)
		str_addf(out, "Reply-To: %s\n", str_text(&a->text->reply_to));
	add_references(a->message, out);
	str_addf(out, "Auto-Submitted: auto-replied%s\n",
	    a->is_vacation ? " (vacation)" : "");
	/* what Exchange looks at, so that it does not answer in turn */
	str_adds(out, "X-Auto-Response-Suppress: All\n");
	add_body(a->text, str_slice(&subject), out);
}
