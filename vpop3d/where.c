/* where.c: what is known of a client before it logs in: which domain it has
 * reached, and whether a password may travel. */
#include "where.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "certificate.h"
#include "confine.h"
#include "fd.h"
#include "host.h"
#include "lines.h"
#include "log.h"
#include "scope.h"

enum { LOOKUP_MS = 2000 };

bool
where_allows(const struct installation *in, const char *word)
{
	for (size_t i = 0; i < in->conf.domain_from.count; i++)
		if (strcmp(in->conf.domain_from.word[i], word) == 0)
			return true;
	return false;
}

/* --- the file ----------------------------------------------------------- */

static bool
is_address(struct slice text, const struct sockaddr_storage *wanted)
{
	struct sockaddr_storage given = { 0 };
	struct address_text a, b;
	struct in_addr four;
	struct in6_addr six;
	char s[INET6_ADDRSTRLEN] = "";

	if (text.len >= sizeof s)
		return false;
	memcpy(s, text.p, text.len);
	if (inet_pton(AF_INET, s, &four) == 1)
		memcpy(&given, &(struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_addr = four }, sizeof(struct sockaddr_in));
	else if (inet_pton(AF_INET6, s, &six) == 1)
		memcpy(&given, &(struct sockaddr_in6){ .sin6_family = AF_INET6,
		    .sin6_addr = six }, sizeof(struct sockaddr_in6));
	else
		return false;
	address_unmap(&given);
	address_to_text(&given, &a);
	address_to_text(wanted, &b);
	return strcmp(a.text, b.text) == 0;
}

/* "IP-address domain", the first that fits. */
static int
find_in_file(const struct installation *in, const struct connection *c,
    struct pool *pool, struct slice *name, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line, address, domain, more;
	int got;

	if (installation_file(in, "addresses", &fd, err) == -1)
		return -1;
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, err)) == 1) {
		struct slice rest = line;
		if (slice_starts(line, "#") || !slice_word(&rest, &address))
			continue;
		if (!slice_word(&rest, &domain) || slice_word(&rest, &more)) {
			log_warning("%s/addresses:%u: skipped: not an address "
			    "and a domain", in->path, lines.number);
			continue;
		}
		if (!is_address(address, &c->local))
			continue;
		*name = slice_of(pool_dup(pool, domain));
		return 0;
	}
	return got == -1 ? err_within(err, "%s/addresses", in->path) :
	    err_set(err, ERR_ABSENT, "not in addresses");
}

/* --- reverse lookup ------------------------------------------------------ */

static int
look_up(const void *question, struct str *answer)
{
	const struct connection *c = question;
	char host[NI_MAXHOST];

	if (getnameinfo((const struct sockaddr *)&c->local, c->local_len, host,
	    sizeof host, NULL, 0, NI_NAMEREQD) != 0)
		return -1;
	str_adds(answer, host);
	return 0;
}

/* Whoever rules the reverse zone chooses it. */
static int
reverse_name(const struct connection *c, struct pool *pool, struct slice *name,
    struct err *err)
{
	SCOPED(drop_str) struct str answer = { 0 };

	if (confine_ask(look_up, c, deadline_in(LOOKUP_MS), &answer,
	    err) == -1)
		return -1;
	return host_name(pool, str_slice(&answer), name) == 0 ? 0 :
	    err_set(err, ERR_ABSENT, "the reverse name is none");
}

/* --- the server name ------------------------------------------------------ */

int
where_domain_of_server_name(const struct installation *in, struct pool *pool,
    struct slice name, const char **real, struct err *err)
{
	if (host_name(pool, name, &name) == -1)
		return err_set(err, ERR_ABSENT, "not a domain name");
	return host_domain(in, pool, name, false, real, err);
}

void
where_by_server_name(const struct installation *in, struct pool *pool,
    struct slice name, struct where *where)
{
	const char *real;
	struct err err;

	if (!where_allows(in, "sni"))
		return;
	if (where_domain_of_server_name(in, pool, name, &real, &err) == 0) {
		where->kind = WHERE_DOMAIN;
		where->domain = real;
		where->found = "sni";
	} else if (err.kind != ERR_ABSENT) {
		log_warning("no domain for a server name: %s", err.text);
	}
}

/* --- the whole ----------------------------------------------------------- */

/* *real stays NULL where the address has no name at all. */
static int
find_domain(const struct installation *in, const struct connection *c,
    struct pool *pool, const char **real, struct err *err)
{
	struct slice name;

	if (find_in_file(in, c, pool, &name, err) == 0)
		return domain_real_name(in, pool, name, real, err);
	if (err->kind != ERR_ABSENT)
		return -1;
	if (reverse_name(c, pool, &name, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return host_domain(in, pool, name, true, real, err);
}

static void
look_at_main_domain(const struct installation *in, struct pool *pool,
    struct where *out)
{
	const char *real;
	struct err err;

	if (domain_real_name(in, pool, slice_of(in->main_domain), &real,
	    &err) == -1)
		return;
	out->main_is_ours = true;
	if (out->kind == WHERE_MAIN) {
		out->kind = WHERE_DOMAIN;
		out->domain = real;
	}
}

/* What was found at the address. */
static void
find_by_address(const struct installation *in, const struct connection *c,
    struct pool *pool, struct where *out)
{
	const char *real = NULL;
	struct err err;
	int got = find_domain(in, c, pool, &real, &err);

	if (real != NULL) {
		out->kind = WHERE_DOMAIN;
		out->domain = real;
		out->found = "address";
	} else if (got == -1 && err.kind == ERR_ABSENT) {
		out->kind = WHERE_MAIN;
	} else if (got == -1) {
		log_warning("no domain for address %s: %s",
		    c->local_text.text, err.text);
	}
}

void
where_find(const struct installation *in, const struct connection *c,
    struct pool *pool, struct where *out)
{
	*out = (struct where){ .kind = WHERE_UNKNOWN, .found = "main",
	    .from_here = connection_is_local(c) };
	if (c->has_address && where_allows(in, "address"))
		find_by_address(in, c, pool, out);
	look_at_main_domain(in, pool, out);
}

/* --- what follows from it ------------------------------------------------- */

const char *
where_greeting(const struct installation *in, const struct where *where,
    struct pool *pool)
{
	if (where->kind == WHERE_DOMAIN)
		return pool_format(pool, "Virtual %s", where->domain);
	return in->hostname;
}

bool
where_needs_tls(const struct where *where, const struct domain *domain)
{
	if (where->under_tls)
		return false;
	switch (domain->conf.require_tls) {
	case REQUIRE_TLS_YES:
		return true;
	case REQUIRE_TLS_NO:
		return false;
	default:
		return !where->from_here &&
		    certificate_is_there(domain->in, domain);
	}
}
