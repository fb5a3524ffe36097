/* where.c: which domain the address that a client reached belongs to. */
#include "where.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "confine.h"
#include "domain.h"
#include "fd.h"
#include "lines.h"
#include "log.h"
#include "name.h"
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

int
where_domain_of_host(const struct installation *in, struct pool *pool,
    struct slice host, bool whole_last, const char **real, struct err *err)
{
	struct slice rest = host, label;
	bool whole = true;

	while (rest.len > 0) {
		if (!(whole && whole_last)) {
			if (domain_real_name(in, pool, rest, real, err) == 0)
				return 0;
			if (err->kind != ERR_ABSENT)
				return -1;
		}
		whole = false;
		slice_cut(&rest, '.', &label);
	}
	if (whole_last && host.len > 0)
		return domain_real_name(in, pool, host, real, err);
	return err_set(err, ERR_ABSENT, "no part of %.*s is one of our domains",
	    (int)host.len, host.p);
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

/* Whoever rules the reverse zone chooses the name: it is a name, or nothing. */
static int
reverse_name(const struct installation *in, const struct connection *c,
    struct pool *pool, struct slice *name, struct err *err)
{
	SCOPED(drop_str) struct str answer = { 0 }, lower = { 0 };

	if (confine_ask(in, look_up, c, deadline_in(LOOKUP_MS), &answer,
	    err) == -1)
		return -1;
	str_addlower(&lower, str_slice(&answer));
	if (lower.len > 0 && lower.s[lower.len - 1] == '.')
		str_cut(&lower, lower.len - 1);
	if (!name_is_domain(str_slice(&lower)))
		return err_set(err, ERR_ABSENT, "the reverse name is none");
	*name = slice_of(pool_dup(pool, str_slice(&lower)));
	return 0;
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
	if (reverse_name(in, c, pool, &name, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	return where_domain_of_host(in, pool, name, true, real, err);
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

void
where_find(const struct installation *in, const struct connection *c,
    struct pool *pool, struct where *out)
{
	const char *real = NULL;
	struct err err;

	*out = (struct where){ .kind = WHERE_UNKNOWN, .found = "main" };
	if (c->has_address && where_allows(in, "address")) {
		int got = find_domain(in, c, pool, &real, &err);
		if (real != NULL)
			*out = (struct where){ WHERE_DOMAIN, real, "address",
			    false };
		else if (got == 0)
			out->kind = WHERE_UNKNOWN;
		else if (err.kind == ERR_ABSENT)
			out->kind = WHERE_MAIN;
		else
			log_warning("no domain for address %s: %s",
			    c->local_text.text, err.text);
	}
	look_at_main_domain(in, pool, out);
}
