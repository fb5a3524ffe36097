/* step_mx.c: the hosts that take a domain's mail. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "look.h"
#include "mem.h"
#include "scope.h"

/* "192.0.2.1" in a name's place: numbers alone. */
static bool
is_literal(const char *name)
{
	unsigned char unused[16];

	return inet_pton(AF_INET, name, unused) == 1 || name[0] == '[' ||
	    inet_pton(AF_INET6, name, unused) == 1;
}

static void
none_at_all(struct look *look, enum dns_outcome outcome)
{
	const char *d = look->q->domain;

	if (outcome == DNS_NO_NAME)
		look_bad(look, "the DNS has no domain %s: see that it is "
		    "registered and its zone served; the zone needs: %s. IN MX "
		    "10 mailhost.%s.", d, d, d);
	else
		look_bad(look, "no MX record: add to the zone: %s. IN MX 10 "
		    "mailhost.%s.", d, d);
}

/* Its addresses; whether one is this machine's. */
static void
look_at_host(struct look *look, const char *host)
{
	enum { MOST = 2 * DNS_RECORDS_MAX };
	SCOPED(drop_mem) struct look_address *found = mem_alloc(MOST *
	    sizeof *found);
	const char *alias = NULL;
	size_t count = 0;
	struct look_mx *mx = &look->mx[look->mx_count];

	if (look_up_addresses(look, host, found, MOST, &count, &alias) == -1 &&
	    count == 0)
		return;
	if (alias != NULL)
		look_bad(look, "%s is another name for %s (CNAME), which an MX "
		    "must not name: %s. IN MX 10 %s.", host, alias,
		    look->q->domain, alias);
	if (count == 0) {
		host = alias != NULL ? alias : host;
		look_bad(look, "%s has no address: %s. IN A %s", host, host,
		    look_own_address(look));
		return;
	}
	*mx = (struct look_mx){ .host = pool_dup(&look->pool,
	    slice_of(host)) };
	for (size_t i = 0; i < count && !mx->is_here; i++)
		mx->is_here = look_is_here(&found[i].address);
	look->mx_count++;
}

static void
look_at_record(struct look *look, const struct dns_record *record)
{
	const char *host = record->name, *d = look->q->domain;

	if (strcmp(host, ".") == 0)
		look_bad(look, "a null MX says that %s takes no mail: put "
		    "another in its place: %s. IN MX 10 mailhost.%s.", d, d, d);
	else if (is_literal(host))
		look_bad(look, "it names an address, %s, which must be a "
		    "host's name: mailhost.%s. IN A %s and %s. IN MX 10 "
		    "mailhost.%s.", host, d, host, d, d);
	else if (!look_is_host(host))
		look_bad(look, "'%s' can be no host: %s. IN MX 10 mailhost.%s.",
		    host, d, d);
	else
		look_at_host(look, host);
}

static int
by_preference(const void *a, const void *b)
{
	const struct dns_record *x = a, *y = b;

	return x->preference != y->preference ?
	    (x->preference < y->preference ? -1 : 1) :
	    strcmp(x->name, y->name);
}

static void
judge(struct look *look, const struct dns_answer *answer)
{
	bool here = false;

	if (answer->count > LOOK_MX_MAX)
		look_warn(look, "%s%zu MX records, of which the first %d were "
		    "looked at: a few do", answer->more ? "more than " : "",
		    answer->count, LOOK_MX_MAX);
	for (size_t i = 0; i < look->mx_count; i++)
		here = here || look->mx[i].is_here;
	if (look->mx_count > 0 && !here)
		look_warn(look, "%s is another machine: mail for %s does not "
		    "come here unless it passes it on", look->mx[0].host,
		    look->q->domain);
	if (look->level == OUTSIDE_OK)
		for (size_t i = 0; i < look->mx_count; i++)
			look_ok(look, "%s", look->mx[i].host);
}

void
look_mx(struct look *look)
{
	SCOPED(drop_dns_answer) struct dns_answer answer = { 0 };

	if (look_up(look, look->q->domain, DNS_MX, &answer) == -1)
		return;
	if (answer.count == 0) {
		none_at_all(look, answer.outcome);
		return;
	}
	qsort(answer.records, answer.count, sizeof *answer.records,
	    by_preference);
	for (size_t i = 0; i < answer.count && i < LOOK_MX_MAX; i++)
		look_at_record(look, &answer.records[i]);
	judge(look, &answer);
}
