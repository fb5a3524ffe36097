/* step_address.c: the addresses of the POP host, whether they are this
 * machine's, and their names. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connection.h"
#include "dial.h"
#include "look.h"
#include "scope.h"

/* --- address ------------------------------------------------------------- */

/* A POP host that is given by its address; a certificate is for a name. */
static bool
take_literal(struct look *look, const char *server)
{
	struct look_address *a = look->addresses;
	struct address_text text;
	struct err err;

	if (strchr(server, '[') != NULL ||
	    dial_address(server, 0, &a->address, &err) == -1)
		return false;
	address_to_text(&a->address, &text);
	snprintf(a->text, sizeof a->text, "%s", text.text);
	look->address_count = 1;
	look->host = pool_format(&look->pool, "mailhost.%s", look->q->domain);
	return true;
}

/* 1: it has some, which are kept.  -1: nobody can tell. */
static int
try_host(struct look *look, const char *host)
{
	const char *alias = NULL;
	size_t count = 0;

	if (!look_is_host(host))
		return 0;
	int got = look_up_addresses(look, host, look->addresses,
	    LOOK_ADDRESSES_MAX, &count, &alias);
	if (count == 0)
		return got;
	if (count > LOOK_ADDRESSES_MAX)
		look_warn(look, "%s has %zu addresses, of which the first %d "
		    "are looked at: a few do", host, count, LOOK_ADDRESSES_MAX);
	look->address_count = count < LOOK_ADDRESSES_MAX ? count :
	    LOOK_ADDRESSES_MAX;
	look->host = pool_dup(&look->pool, slice_of(host));
	return 1;
}

static void
tell_addresses(struct look *look)
{
	SCOPED(drop_str) struct str list = { 0 };
	bool four = false;

	for (size_t i = 0; i < look->address_count; i++) {
		str_addf(&list, " %s", look->addresses[i].text);
		four = four || look->addresses[i].address.ss_family == AF_INET;
	}
	look_ok(look, "%s%s", look->host, str_text(&list));
	if (!four)
		look_warn(look, "it has no IPv4 address, and many clients have "
		    "nothing else: %s. IN A %s", look->host,
		    look_own_address(look));
}

static void
missing(struct look *look)
{
	const char *server = look->q->options->server;

	if (server != NULL)
		look_bad(look, "%s has no address: %s. IN A %s", server, server,
		    look_own_address(look));
	else
		look_bad(look, "neither mailhost.%s, pop.%s, mail.%s nor the "
		    "MX has an address: mailhost.%s. IN A %s (checkvdomain -s "
		    "names another POP host)", look->q->domain, look->q->domain,
		    look->q->domain, look->q->domain, look_own_address(look));
}

static int
try_usual_hosts(struct look *look)
{
	static const char *const usual[] = { "mailhost", "pop", "mail" };
	int got = 0;

	for (size_t i = 0; got == 0 && i < sizeof usual / sizeof *usual; i++)
		got = try_host(look, pool_format(&look->pool, "%s.%s", usual[i],
		    look->q->domain));
	for (size_t i = 0; got == 0 && i < look->mx_count; i++)
		got = try_host(look, look->mx[i].host);
	return got;
}

void
look_address(struct look *look)
{
	const char *server = look->q->options->server;
	int got = server == NULL ? try_usual_hosts(look) :
	    take_literal(look, server) ? 1 : try_host(look, server);

	if (got == 1)
		tell_addresses(look);
	else if (got == 0)
		missing(look);
}

/* --- here ---------------------------------------------------------------- */

void
look_here(struct look *look)
{
	for (size_t i = 0; i < look->address_count; i++) {
		const struct look_address *a = &look->addresses[i];
		if (!look_is_here(&a->address))
			look_warn(look, "%s is no address of this machine: "
			    "give it to one of its interfaces, or point %s "
			    "here: %s. IN %s %s (a router may translate "
			    "addresses: then all is well)", a->text,
			    look->host, look->host,
			    a->address.ss_family == AF_INET ? "A" : "AAAA",
			    a->address.ss_family == AF_INET ?
			    look_own_address(look) : "ADDRESS");
	}
	if (look->level == OUTSIDE_OK)
		look_ok(look, look->address_count == 1 ?
		    "it is this machine's" : "they are this machine's");
}

/* --- ptr ----------------------------------------------------------------- */

static bool
is_host_of(const struct look *look, const char *name)
{
	const struct outside_question *q = look->q;

	return look_is_host(name) && strcasecmp(name, q->domain) != 0 &&
	    strcasecmp(name, q->real) != 0 && (look_is_below(name, q->domain) ||
	    look_is_below(name, q->real));
}

/* The host that a PTR record should name. */
static const char *
wanted_name(struct look *look)
{
	return is_host_of(look, look->host) ? look->host :
	    pool_format(&look->pool, "mailhost.%s", look->q->domain);
}

/* Whether it is a good one. */
static bool
judge_name(struct look *look, const struct look_address *a,
    const char *place, const char *name)
{
	const struct outside_question *q = look->q;

	if (is_host_of(look, name)) {
		look_ok(look, "%s is %s", a->text, name);
		return true;
	}
	if (strcasecmp(name, q->domain) == 0 ||
	    strcasecmp(name, q->real) == 0)
		look_bad(look, "%s has the name %s, which is the domain "
		    "itself: mail servers of this machine take it for their "
		    "own name, and all mail is masqueraded as the domain's: "
		    "name a host instead: %s. IN PTR %s.", a->text, name,
		    place, wanted_name(look));
	else
		look_bad(look, "%s has the name %s, which is no host of %s: "
		    "%s. IN PTR %s.", a->text, name, q->domain, place,
		    wanted_name(look));
	return false;
}

/* Another one may come first each time. */
static void
judge_several(struct look *look, const struct look_address *a, size_t count)
{
	look_warn(look, "%s has %zu names, of which programs take any: keep "
	    "one", a->text, count);
}

/* A name that does not lead back is believed by few mail servers. */
static void
check_way_back(struct look *look, const struct look_address *a,
    const char *name)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	bool is_four = a->address.ss_family == AF_INET;
	struct address_text text;

	if (!look_is_host(name) || look_up(look, name, is_four ? DNS_A :
	    DNS_AAAA, &answer) == -1)
		return;
	for (size_t i = 0; i < answer.count; i++) {
		address_to_text(&answer.records[i].address, &text);
		if (strcmp(text.text, a->text) == 0)
			return;
	}
	look_warn(look, "%s does not lead back to %s: %s. IN %s %s", name,
	    a->text, name, is_four ? "A" : "AAAA", a->text);
}

static void
look_at_names(struct look *look, const struct look_address *a)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };
	char reverse[DNS_REVERSE];

	dns_reverse(&a->address, reverse);
	if (look_up(look, reverse, DNS_PTR, &answer) == -1)
		return;
	/* of less than 256 addresses it may be a CNAME (RFC 2317) */
	const char *place = look_place(look, reverse, &answer);
	if (answer.count == 0) {
		look_bad(look, "%s has no name: whoever rules the address adds "
		    "%s. IN PTR %s.", a->text, place, wanted_name(look));
		return;
	}
	bool good = true;
	for (size_t i = 0; i < answer.count && i < LOOK_ADDRESSES_MAX; i++)
		good = judge_name(look, a, place, answer.records[i].name) &&
		    good;
	if (answer.count > 1)
		judge_several(look, a, answer.count);
	else if (good)
		check_way_back(look, a, answer.records[0].name);
}

void
look_ptr(struct look *look)
{
	for (size_t i = 0; i < look->address_count; i++)
		look_at_names(look, &look->addresses[i]);
}
