/* login_name.c: which domain a login means. */
#include "login_name.h"

#include <string.h>

#include "confine.h"
#include "host.h"
#include "name.h"
#include "scope.h"

enum { IDN_MS = 5000 };

/* The last separator counts.  False: there is none. */
bool
login_name_split(const struct installation *in, struct slice typed,
    struct slice *user, struct slice *host)
{
	const char *separators = in->conf.login_separators;

	if (!where_allows(in, "login"))
		return false;
	for (size_t i = typed.len; i-- > 0; )
		if (typed.p[i] != '\0' &&
		    strchr(separators, typed.p[i]) != NULL) {
			*user = (struct slice){ typed.p, i };
			*host = slice_from(typed, i + 1);
			return true;
		}
	return false;
}

static int
canonical(const void *question, struct str *answer)
{
	struct err err;

	if (name_canonical_domain(*(const struct slice *)question, answer,
	    &err) == 0)
		return 0;
	if (err.kind != ERR_INVALID)
		return -1;
	str_addc(answer, '-');		/* which is none, either */
	return 0;
}

/* Converting a name with 8-bit letters takes a library that root must not run
 * on what a client typed. */
static int
ascii_host(struct pool *pool, struct slice *host, struct err *err)
{
	SCOPED(drop_str) struct str answer = { 0 };
	bool ascii = true;

	for (size_t i = 0; i < host->len; i++)
		ascii = ascii && host->p[i] > ' ' && host->p[i] < 0x7F;
	if (ascii)
		return 0;
	if (confine_ask(canonical, host, deadline_in(IDN_MS), &answer,
	    err) == -1)
		return err_set(err, ERR_TEMPORARY, "a domain name cannot be "
		    "converted now: is vidn installed?");
	if (!name_is_domain(str_slice(&answer)))
		return err_set(err, ERR_ABSENT, "not a domain name");
	*host = slice_of(pool_dup(pool, str_slice(&answer)));
	return 0;
}

int
login_name_host(const struct installation *in, struct pool *pool,
    struct slice *host, const char **real, struct err *err)
{
	return ascii_host(pool, host, err) == -1 ? -1 :
	    host_domain(in, pool, *host, false, real, err);
}

static bool
is_main_domain(const struct installation *in, struct slice host)
{
	if (slice_ends(host, "."))
		host.len--;
	return slice_same(host, slice_of(in->main_domain));
}

int
login_name_choose(const struct installation *in, const struct where *where,
    struct pool *pool, struct slice typed, struct login_name *out,
    struct err *err)
{
	struct slice host;

	out->user = typed;
	if (login_name_split(in, typed, &out->user, &host)) {
		out->found = "login";
		if (login_name_host(in, pool, &host, &out->real, err) == 0)
			return 1;
		return err->kind == ERR_ABSENT && is_main_domain(in, host) ? 0 :
		    -1;
	}
	out->found = where->found;
	if (where->kind == WHERE_DOMAIN) {
		out->real = where->domain;
		return 1;
	}
	if (!where->main_is_ours)
		return 0;
	return domain_real_name(in, pool, slice_of(in->main_domain),
	    &out->real, err) == 0 ? 1 : -1;
}
