/* check_state.c: findings of what is in the way of the programs' own directories,
 * and of the file "addresses". */
#include <arpa/inet.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "fd.h"
#include "lines.h"
#include "scope.h"

/* --- the state ------------------------------------------------------- */

/* A link is not followed there. */
static void
check_place(struct check *check, const char *path, const char *what)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		finding(&check->found, "state", "%s: %s: %s: move it away, or "
		    "name the directory itself in vmail.conf", path,
		    S_ISLNK(st.st_mode) ? "a link" : "no directory", what);
}

void
check_state_places(struct check *check)
{
	static const char no_change[] = "vadmin changes nothing without its "
	    "journal", waits[] = "mail for several recipients waits";
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice path = slice_of(installation_path(&check->call->in, &pool,
	    check->call->in.conf.state));

	while (path.len > 1 && slice_ends(path, "/"))
		path.len--;
	const char *state = pool_dup(&pool, path);
	check_place(check, state, "vadmin changes nothing, and mail for "
	    "several recipients waits");
	check_place(check, pool_format(&pool, "%s/journal", state), no_change);
	check_place(check, pool_format(&pool, "%s/deliveries", state), waits);
}

/* --- the file addresses ---------------------------------------------- */

static bool
is_address(struct slice text)
{
	char s[INET6_ADDRSTRLEN] = "";
	struct in6_addr any;

	if (text.len >= sizeof s)
		return false;
	memcpy(s, text.p, text.len);
	return inet_pton(AF_INET, s, &any) == 1 ||
	    inet_pton(AF_INET6, s, &any) == 1;
}

/* A name that is none of ours means the main domain: which is most often a
 * mistake where it is not the main domain's. */
static bool
is_domain(struct check *check, struct slice name)
{
	const struct installation *in = &check->call->in;
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *real;
	struct err err;

	return slice_same(name, slice_of(in->main_domain)) ||
	    domain_real_name(in, &pool, name, &real, &err) == 0 ||
	    err.kind != ERR_ABSENT;
}

static void
check_address_line(struct check *check, struct slice line, unsigned number)
{
	const char *path = check->call->in.path;
	struct slice address, domain, more;

	if (slice_starts(line, "#") || !slice_word(&line, &address))
		return;
	if (!slice_word(&line, &domain) || slice_word(&line, &more))
		finding(&check->found, "addresses", "%s/addresses:%u: not an "
		    "address and a domain, and does not count: mend it, or "
		    "take it out", path, number);
	else if (!is_address(address))
		finding(&check->found, "addresses", "%s/addresses:%u: '%.*s' "
		    "is no IP address: nobody reaches it: mend it, or take it "
		    "out", path, number, (int)address.len, address.p);
	else if (!is_domain(check, domain))
		finding(&check->found, "addresses", "%s/addresses:%u: '%.*s' "
		    "is none of our domains: who reaches %.*s is in the main "
		    "domain: mend it, or name that one", path, number,
		    (int)domain.len, domain.p, (int)address.len, address.p);
}

void
check_address_file(struct check *check)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_lines) struct lines lines = { 0 };
	struct slice line;
	struct err err;
	int got;

	if (installation_file(&check->call->in, "addresses", &fd, &err) == -1) {
		if (err.kind != ERR_ABSENT)
			finding(&check->found, "addresses", "%s: no domain is "
			    "known by an address", err.text);
		return;
	}
	lines.fd = fd;
	while ((got = lines_next(&lines, &line, &err)) == 1)
		check_address_line(check, line, lines.number);
	if (got == -1)
		finding(&check->found, "addresses", "%s/addresses: %s",
		    check->call->in.path, err.text);
}
