/* answer_text.c: the text of an automatic answer: what of its header is sent, or
 * says when. */
#include "answer_text.h"

#include <string.h>

#include "answer_mailbox.h"
#include "rfc2047.h"
#include "scope.h"

enum {
	FIELD_MAX = 900,		/* of a line of one that is copied */
	FIELD_NAME_MAX = 70,
	SUBJECT_MAX = 2000,		/* of ours */
};

/* --- fields of ours ----------------------------------------------------- */

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

static void
leave_out(struct answer_text *out, struct slice name)
{
	if (out->left_out.len > 200)
		return;
	if (out->left_out.len > 0)
		str_adds(&out->left_out, ", ");
	str_add(&out->left_out, name.p, name.len < 60 ? name.len : 60);
}

void
answer_text_refuse_from(struct answer_text *text)
{
	str_cut(&text->from, 0);
	str_cut(&text->from_address, 0);
}

static int
read_from(struct slice value, struct answer_text *out, struct err *err)
{
	SCOPED(drop_listed) struct listed listed = { 0 };

	(void)err;
	answer_text_refuse_from(out);
	if (!address_list_next(&value, &listed) ||
	    !answer_is_phrase(str_slice(&listed.name)) ||
	    !answer_add_listed(&listed, &out->from, &out->from_address)) {
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
		if (!answer_is_phrase(str_slice(&listed.name)))
			str_cut(&listed.name, 0);
		if (!answer_add_listed(&listed, &out->reply_to, NULL))
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

/* --- fields of MIME ----------------------------------------------------- */

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

int
answer_text_take(const struct field *field, struct answer_text *out,
    struct err *err)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (slice_same(field->name, slice_of(rows[i].field)))
			return rows[i].read(field->value, out, err);
	if (!take_mime(field, out))
		leave_out(out, field->name);
	return 0;
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
