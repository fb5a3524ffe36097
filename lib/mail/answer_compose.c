/* answer_compose.c: an automatic answer, made of its text and what it
 * answers. */
#include <inttypes.h>
#include <string.h>

#include "answer_mailbox.h"
#include "answer_text.h"
#include "field.h"
#include "rfc2047.h"
#include "rfc2047_encode.h"
#include "scope.h"
#include "utf8seq.h"

enum { QP_LINE = 76 };			/* RFC 2045, 6.7 */

/* --- what the message says ---------------------------------------------- */

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

	rest = field_find(message, "Message-ID");
	if (!next_id(&rest, &id))
		return;
	str_addf(out, "In-Reply-To: %.*s\n", (int)id.len, id.p);
	rest = field_find(message, "References");
	if (rest.len == 0)
		rest = field_find(message, "In-Reply-To");
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
		    line > ANSWER_LINE)
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

/* What a body in UTF-8 says of itself. */
static void
add_type(struct slice value, struct str *out)
{
	struct slice part;

	field_next_part(&value, &part);
	str_addf(out, "Content-Type: %.*s; charset=UTF-8", (int)part.len,
	    part.p);
	while (field_next_part(&value, &part))
		if (part.len > 0 && !field_is_parameter(part, "charset"))
			str_addf(out, ";\n %.*s", (int)part.len, part.p);
	str_addc(out, '\n');
}

static bool
says_utf8(struct slice type)
{
	SCOPED(drop_str) struct str charset = { 0 };

	return field_parameter(type, "charset", &charset) &&
	    slice_same(str_slice(&charset), SLICE("utf-8"));
}

/* The text's own lines of MIME, as far as they are true of the body. */
static void
add_mime(const struct answer_text *t, bool encode, bool ascii, struct str *out)
{
	struct slice rest = str_slice(&t->mime);
	struct field field;

	while (rest.len > 0 && field_next(&rest, &field)) {
		if (slice_same(field.name, SLICE("MIME-Version")) ||
		    (encode && slice_same(field.name,
		    SLICE("Content-Transfer-Encoding"))))
			continue;
		if (!ascii && slice_same(field.name, SLICE("Content-Type")) &&
		    slice_starts_same(field.value, "text/") &&
		    !says_utf8(field.value))
			add_type(field.value, out);
		else
			str_addslice(out, field.all);
	}
	if (encode || t->mime.len > 0)
		str_adds(out, "MIME-Version: 1.0\n");
	if (encode && !t->has_type)
		str_adds(out, "Content-Type: text/plain; charset=UTF-8\n");
	if (encode)
		str_adds(out,
		    "Content-Transfer-Encoding: quoted-printable\n");
}

static void
add_body(const struct answer_text *t, struct slice subject, struct str *out)
{
	SCOPED(drop_str) struct str body = { 0 };

	if (t->is_sealed)
		str_addslice(&body, str_slice(&t->body));
	else
		expand(str_slice(&t->body), subject, t->is_markup ? MARKUP :
		    PLAIN, &body);
	bool encode = !t->is_sealed && needs_encoding(str_slice(&body));
	add_mime(t, encode, t->is_sealed || slice_is_ascii(str_slice(&body)),
	    out);
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

static void
add_from(const struct answer *a, struct str *out)
{
	str_adds(out, "From: ");
	if (a->text->from.len > 0)
		str_addslice(out, str_slice(&a->text->from));
	else
		answer_add_mailbox(slice_of(a->name), a->from, out);
	str_addc(out, '\n');
}

void
answer_compose(const struct answer *a, struct str *out)
{
	SCOPED(drop_str) struct str subject = { 0 }, to = { 0 };
	struct tm utc;
	char date[64];

	rfc2047_decode(field_find(a->message, "Subject"), ANSWER_SUBJECT,
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
