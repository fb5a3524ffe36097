/* step_tls.c: the certificates that clients are shown, as the program vcert
 * sees them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "command.h"
#include "look.h"
#include "scope.h"
#include "vcert.h"

enum {
	VCERT_MS = 10000,
	OUTPUT_MAX = 32768,
	SOON = 14 * 24 * 60 * 60,
};

/* What vcert says, line by line: see vcert.h. */
struct shown {
	struct slice	fault, phase, protocol, names, untrusted, match;
	long long	from, until;
};

/* --- asking -------------------------------------------------------------- */

static long long
number_of(struct slice text)
{
	char digits[24] = "";

	if (text.len == 0 || text.len >= sizeof digits)
		return 0;
	memcpy(digits, text.p, text.len);
	return strtoll(digits, NULL, 10);
}

static void
read_shown(struct slice output, struct shown *out)
{
	struct slice line, key, from = { 0 }, until = { 0 };
	const struct {
		struct slice	 key;
		struct slice	*value;
	} known[] = {
		{ SLICE(VCERT_FAULT), &out->fault },
		{ SLICE(VCERT_PHASE), &out->phase },
		{ SLICE(VCERT_PROTOCOL), &out->protocol },
		{ SLICE(VCERT_NAMES), &out->names },
		{ SLICE(VCERT_MATCH), &out->match },
		{ SLICE(VCERT_FROM), &from },
		{ SLICE(VCERT_UNTIL), &until },
		{ SLICE(VCERT_UNTRUSTED), &out->untrusted },
	};

	while (slice_cut(&output, '\n', &line)) {
		slice_cut(&line, ' ', &key);
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (slice_equal(key, known[i].key))
				*known[i].value = line;
	}
	out->from = number_of(from);
	out->until = number_of(until);
}

static int
run_vcert(struct look *look, const struct look_address *a, bool stls,
    struct command_result *result, struct err *err)
{
	const char *argv[] = { look->helper_path, stls ? VCERT_STLS : VCERT_TLS,
	    a->text, look->host, NULL };
	static const char *const environment[] = { NULL };
	struct command command = {
		.argv = argv, .program = look->helper,
		.environment = environment, .keep_output = true,
		.output_max = OUTPUT_MAX,
		.deadline = deadline_within(look->end, VCERT_MS),
	};

	if (command_run(&command, result, err) == -1)
		return -1;
	return WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0 ?
	    0 : err_set(err, ERR_TEMPORARY, "%s: status %d",
	    look->helper_path, result->status);
}

/* --- judging ------------------------------------------------------------- */

static const char *
day_of(struct look *look, long long when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return "a day beyond all calendars";
	return pool_format(&look->pool, "%04d-%02d-%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday);
}

static const char *
text_of(struct look *look, struct slice s)
{
	return pool_dup(&look->pool, s);
}

static void
judge_dates(struct look *look, const struct look_address *a,
    const struct shown *s)
{
	long long now = time(NULL);

	if (s->until < now)
		look_bad(look, "%s: its certificate has expired on %s: get a "
		    "new one, and see why it was not renewed (tls-certificate)",
		    a->text, day_of(look, s->until));
	else if (s->from > now)
		look_bad(look, "%s: its certificate begins on %s only: set "
		    "this machine's clock, or get another", a->text,
		    day_of(look, s->from));
	else if (s->until - now < SOON)
		look_warn(look, "%s: its certificate expires on %s: renew it",
		    a->text, day_of(look, s->until));
}

static void
judge_certificate(struct look *look, const struct look_address *a,
    const struct shown *s)
{
	size_t before = look->text.len;

	judge_dates(look, a, s);
	if (!slice_is(s->match, "yes"))
		look_bad(look, "%s: its certificate is for %s, not for %s: get "
		    "one for %s, and set tls-certificate in domain.%s", a->text,
		    s->names.len > 0 ? text_of(look, s->names) : "nobody",
		    look->host, look->host, look->q->real);
	else if (s->untrusted.len > 0 && look->text.len == before)
		look_warn(look, "%s: clients will not trust its certificate "
		    "(%s): get one of an authority, with all between in the "
		    "file of tls-certificate", a->text,
		    text_of(look, s->untrusted));
	if (look->text.len == before)
		look_ok(look, "%s: %s, for %s until %s", a->text,
		    text_of(look, s->protocol), look->host,
		    day_of(look, s->until));
}

static void
judge_fault(struct look *look, const struct look_address *a, bool stls,
    const struct shown *s)
{
	if (!slice_is(s->phase, VCERT_HANDSHAKE))
		look_warn(look, "%s: port %d gives no TLS: %s: %s", a->text,
		    stls ? POP3_PORT : POP3S_PORT, text_of(look, s->fault),
		    stls ? "see the log of vpop3d" :
		    "start vpop3d --tls there");
	else
		look_bad(look, "%s: no TLS comes about: %s: see "
		    "tls-certificate and tls-key, and the log of vpop3d",
		    a->text, text_of(look, s->fault));
}

static void
look_at(struct look *look, const struct look_address *a, bool stls)
{
	SCOPED(drop_command_result) struct command_result result = { 0 };
	struct shown shown = { 0 };
	struct err err;

	if (run_vcert(look, a, stls, &result, &err) == -1) {
		look_warn(look, "%s: TLS was not looked at: %s", a->text,
		    err.text);
		return;
	}
	read_shown(str_slice(&result.output), &shown);
	if (shown.fault.len > 0 || shown.until == 0)
		judge_fault(look, a, stls, &shown);
	else
		judge_certificate(look, a, &shown);
}

/* --- the steps ----------------------------------------------------------- */

void
look_stls(struct look *look)
{
	size_t tried = 0;

	for (size_t i = 0; i < look->address_count; i++) {
		const struct look_address *a = &look->addresses[i];
		if (a->greeting == NULL)
			continue;
		tried++;
		if (a->offers_stls)
			look_at(look, a, true);
		else
			look_warn(look, "%s does not offer STLS, and passwords "
			    "go in plain text: set tls-certificate", a->text);
	}
	if (tried == 0)
		look_none(look, "not looked at: nobody answers at port 110");
}

void
look_pop3s(struct look *look)
{
	for (size_t i = 0; i < look->address_count; i++)
		look_at(look, &look->addresses[i], false);
}
