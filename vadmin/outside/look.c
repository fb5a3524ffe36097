/* look.c: one look at a domain: the table of steps, and what they share. */
#include "look.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connection.h"
#include "fd.h"
#include "mem.h"
#include "name.h"
#include "scope.h"

const struct step steps[] = {
	{ "mx", "the hosts that take the domain's mail",
	  OUTSIDE_BAD, .look = look_mx },
	{ "address", "the addresses of the POP host",
	  OUTSIDE_BAD, .look = look_address },
	{ "here", "whether they are this machine's",
	  OUTSIDE_WARNING, .needs_address = true, .look = look_here },
	{ "ptr", "the names of the addresses",
	  OUTSIDE_BAD, .of_address = true, .of_name = true,
	  .needs_address = true, .look = look_ptr },
	{ "port", "whether port 110 answers",
	  OUTSIDE_BAD, .needs_address = true, .at_ports = true,
	  .look = look_port },
	{ "greeting", "whether it greets for the domain",
	  OUTSIDE_BAD, .of_address = true, .needs_address = true,
	  .at_ports = true, .look = look_greeting },
	{ "stls", "TLS and the certificate at port 110",
	  OUTSIDE_BAD, .needs_address = true, .at_ports = true,
	  .look = look_stls },
	{ "pop3s", "TLS and the certificate at port 995",
	  OUTSIDE_BAD, .needs_address = true, .at_ports = true,
	  .look = look_pop3s },
	{ "spf", "who may send the domain's mail",
	  OUTSIDE_WARNING, .look = look_spf },
	{ "dkim", "the keys of its signatures",
	  OUTSIDE_WARNING, .look = look_dkim },
	{ "dmarc", "what is done with mail that fails both",
	  OUTSIDE_WARNING, .look = look_dmarc },
	{ "mta-sts", "whether it asks senders for TLS (MTA-STS)",
	  OUTSIDE_WARNING, .look = look_mta_sts },
	{ "tlsa", "the certificates of its MX hosts in the DNS (DANE)",
	  OUTSIDE_WARNING, .look = look_tlsa },
};
const size_t step_count = sizeof steps / sizeof *steps;

/* --- what a step says ---------------------------------------------------- */

/* One that has no room may be followed by a shorter one that has. */
static void
say(struct look *look, enum outside_level level, const char *fmt, va_list ap)
{
	char text[LOOK_TEXT_MAX];
	int len = vsnprintf(text, sizeof text, fmt, ap);

	if (look->text.len == 0)
		str_adds(&look->text, text);
	else if (look->text.len + (size_t)len + 2 < LOOK_TEXT_MAX)
		str_addf(&look->text, "; %s", text);
	else
		look->is_cut = true;
	if ((size_t)len >= sizeof text)
		look->is_cut = true;
	if (level > look->level)
		look->level = level;
}

#define SAY(name, how_bad)						\
void									\
name(struct look *look, const char *fmt, ...)				\
{									\
	va_list ap;							\
									\
	va_start(ap, fmt);						\
	say(look, how_bad, fmt, ap);					\
	va_end(ap);							\
}

static enum outside_level
worst_of(const struct look *look)
{
	bool eased = (look->step->of_address && !look->q->by_address) ||
	    (look->step->of_name && look->q->is_listed);

	return eased ? OUTSIDE_WARNING : look->step->worst;
}

SAY(look_ok, OUTSIDE_OK)
SAY(look_none, OUTSIDE_NONE)
SAY(look_warn, OUTSIDE_WARNING)
SAY(look_bad, worst_of(look))

/* --- questions ----------------------------------------------------------- */

int
look_up(struct look *look, const char *name, enum dns_type type,
    struct dns_answer *out)
{
	struct err err;

	*out = (struct dns_answer){ 0 };
	if (!look->has_dns) {
		look_bad(look, "%s", str_text(&look->dns_fault));
		return -1;
	}
	if (dns_ask(&look->dns, name, type, out, &err) == -1) {
		look_bad(look, "%s: %s%s", name, err.text,
		    err.kind == ERR_TEMPORARY ?
		    ": see that its name servers answer" : "");
		return -1;
	}
	if (out->outcome != DNS_FAILED)
		return 0;
	look_bad(look, "%s: the name server says %s: see what its log says of "
	    "the zone", name, out->failure);
	return -1;
}

const char *
look_place(struct look *look, const char *name,
    const struct dns_answer *answer)
{
	return answer->alias == NULL ? name :
	    pool_dup(&look->pool, slice_of(answer->alias));
}

int
look_up_text(struct look *look, const char *name,
    bool (*is)(struct slice text), struct dns_answer *answer,
    struct slice *text)
{
	int count = 0;

	if (look_up(look, name, DNS_TXT, answer) == -1)
		return -1;
	for (size_t i = 0; i < answer->count; i++)
		if (is(answer->records[i].text) && count++ == 0)
			*text = answer->records[i].text;
	return count;
}

int
look_up_addresses(struct look *look, const char *host,
    struct look_address *out, size_t max, size_t *count, const char **alias)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct address_text text;

	for (size_t t = 0; t < 2; t++) {
		SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
		if (look_up(look, host, types[t], &answer) == -1)
			return -1;
		if (answer.alias != NULL)
			*alias = pool_dup(&look->pool, slice_of(answer.alias));
		for (size_t i = 0; i < answer.count; i++) {
			if ((*count)++ >= max)
				continue;
			struct look_address *a = &out[*count - 1];
			*a = (struct look_address){
			    .address = answer.records[i].address };
			address_to_text(&a->address, &text);
			snprintf(a->text, sizeof a->text, "%s", text.text);
		}
		if (answer.outcome == DNS_NO_NAME)
			break;
	}
	return 0;
}

/* --- names ---------------------------------------------------------------- */

bool
look_is_host(const char *name)
{
	SCOPED(drop_str) struct str lower = { 0 };

	str_addlower(&lower, slice_of(name));
	return name_is_domain(str_slice(&lower));
}

bool
look_is_below(const char *name, const char *domain)
{
	size_t n = strlen(name), d = strlen(domain);

	return n >= d && strcasecmp(name + n - d, domain) == 0 &&
	    (n == d || name[n - d - 1] == '.');
}

/* --- the whole ----------------------------------------------------------- */

/* Its row: the step's number, how bad, the text and a NUL. */
static void
do_step(struct look *look, const struct step *step, struct str *row)
{
	look->step = step;
	look->level = OUTSIDE_OK;
	str_cut(&look->text, 0);
	look->is_cut = false;
	if (step->needs_address && look->address_count == 0)
		look_none(look, "not looked at: there is no address");
	else
		step->look(look);
	str_addc(row, (char)('A' + (step - steps)));
	str_addc(row, (char)('0' + look->level));
	for (size_t i = 0; i < look->text.len; i++)
		str_addc(row, look->text.s[i] != '\0' ? look->text.s[i] : '?');
	if (look->is_cut)
		str_adds(row, " ...");
	str_addc(row, '\0');
}

static void
open_dns(struct look *look)
{
	struct err err;

	look->has_dns = dns_open(&look->dns, look->q->options->resolver,
	    deadline_in(LOOK_DNS_MS), &err) == 0;
	if (!look->has_dns)
		str_adds(&look->dns_fault, err.text);
}

/* A POP host that says nothing would take the time of the DNS, which is asked
 * before. */
static int
do_steps(struct look *look, struct str *rows, int fd)
{
	for (size_t i = 0; i < step_count; i++)
		if (!steps[i].at_ports)
			do_step(look, &steps[i], &rows[i]);
	for (size_t i = 0; i < step_count; i++) {
		if (steps[i].at_ports)
			do_step(look, &steps[i], &rows[i]);
		if (fd_write(fd, rows[i].s, rows[i].len) == -1)
			return -1;
	}
	return 0;
}

int
look_all(const struct outside_question *q, int helper, const char *helper_path,
    int fd)
{
	struct look look = { .q = q, .helper = helper,
	    .helper_path = helper_path, .end = deadline_in(LOOK_MS) };
	struct str *rows = mem_alloc(step_count * sizeof *rows);

	open_dns(&look);
	int result = do_steps(&look, rows, fd);
	for (size_t i = 0; i < step_count; i++)
		drop_str(&rows[i]);
	drop_mem(&rows);
	drop_dns(&look.dns);
	drop_str(&look.text);
	drop_str(&look.dns_fault);
	drop_pool(&look.pool);
	return result;
}
