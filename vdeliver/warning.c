/* warning.c: the message that tells an account that its inbox is nearly
 * full. */
#include "warning.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <sys/random.h>

#include "fd.h"
#include "file.h"
#include "installation.h"
#include "limit.h"
#include "scope.h"

enum { TEXT_MAX = 65536, UNIT = 1024 };

static const char built_in[] =
    "Subject: Your mailbox is %p%% full\n"
    "\n"
    "The mailbox of %u@%d holds %s of %l kB.\n"
    "When it is full it takes no more mail.\n"
    "Please fetch or delete some messages.\n";

bool
warning_is_due(const struct room *room)
{
	if (room->limit == LIMIT_NONE)
		return false;
	uint64_t mark = room->limit - room->limit / 10;
	return room->before < mark && room->after >= mark;
}

/* --- the text ----------------------------------------------------------- */

static int
read_template(const struct installation *in, struct str *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;

	if (installation_file(in, "quota-warning", &fd, err) == -1) {
		if (err->kind != ERR_ABSENT)
			return -1;
		str_adds(out, built_in);
		return 0;
	}
	return file_read(fd, TEXT_MAX, out, err) == -1 ?
	    err_within(err, "%s/quota-warning", in->path) : 0;
}

static void
add_token(char token, const struct account *account, const struct room *room,
    struct str *out)
{
	uint64_t percent = room->limit < 100 ? 100 :
	    room->after / (room->limit / 100);

	switch (token) {
	case 'u':
		str_adds(out, account->name);
		break;
	case 'd':
		str_adds(out, account->domain->name);
		break;
	case 's':
		str_addf(out, "%" PRIu64, room->after / UNIT);
		break;
	case 'l':
		str_addf(out, "%" PRIu64, room->limit / UNIT);
		break;
	case 'p':
		str_addf(out, "%" PRIu64, percent > 100 ? 100 : percent);
		break;
	case '%':
		str_addc(out, '%');
		break;
	default:
		/* An administrator's text is sent as it can be. */
		str_addc(out, '%');
		str_addc(out, token);
	}
}

static void
expand(struct slice text, const struct account *account,
    const struct room *room, struct str *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] == '%' && i + 1 < text.len)
			add_token(text.p[++i], account, room, out);
		else if (text.p[i] != '\r')
			str_addc(out, text.p[i]);
}

/* --- the header --------------------------------------------------------- */

static bool
has_field(struct slice text, const char *name)
{
	struct slice line, field;

	while (slice_cut(&text, '\n', &line) && line.len > 0)
		if (slice_cut(&line, ':', &field) &&
		    slice_same(field, slice_of(name)))
			return true;
	return false;
}

static bool
has_8_bit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] > 0x7E)
			return true;
	return false;
}

static void
add_header(struct slice text, const struct account *account, struct str *out)
{
	const char *domain = account->domain->name;
	time_t now = time(NULL);
	struct tm utc;
	char date[64];
	uint64_t random;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint64_t)now;
	str_addf(out, "Return-Path: <>\nDelivered-To: %s@%s\n", account->name,
	    domain);
	str_addf(out, "Date: %s\nMessage-ID: <%" PRIx64 ".%lld@%s>\n", date,
	    random, (long long)now, domain);
	str_adds(out, "Auto-Submitted: auto-generated\n");
	if (!has_field(text, "From"))
		str_addf(out, "From: postmaster@%s\n", domain);
	if (!has_field(text, "To"))
		str_addf(out, "To: %s@%s\n", account->name, domain);
	if (has_8_bit(text) && !has_field(text, "Content-Type"))
		str_adds(out, "MIME-Version: 1.0\n"
		    "Content-Type: text/plain; charset=UTF-8\n"
		    "Content-Transfer-Encoding: 8bit\n");
}

int
warning_make(const struct account *account, const struct room *room,
    struct str *out, struct err *err)
{
	SCOPED(drop_str) struct str template = { 0 }, text = { 0 };

	if (read_template(account->domain->in, &template, err) == -1)
		return -1;
	expand(str_slice(&template), account, room, &text);
	add_header(str_slice(&text), account, out);
	str_addslice(out, str_slice(&text));
	return 0;
}
