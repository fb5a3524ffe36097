/* login.c: whether a login and a password open a mailbox, and whose. */
#include "login.h"

#include <string.h>

#include "confine.h"
#include "name.h"
#include "password.h"
#include "scope.h"

enum { IDN_MS = 5000 };

/* The last separator counts.  False: there is none. */
static bool
split_login(const struct installation *in, struct slice typed,
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

	return name_canonical_domain(*(const struct slice *)question, answer,
	    &err);
}

/* Converting a name with 8-bit letters takes a library that root must not run
 * on what a client typed. */
static int
ascii_host(const struct installation *in, struct pool *pool, struct slice *host,
    struct err *err)
{
	SCOPED(drop_str) struct str answer = { 0 };
	bool ascii = true;

	for (size_t i = 0; i < host->len; i++)
		ascii = ascii && host->p[i] > ' ' && host->p[i] < 0x7F;
	if (ascii)
		return 0;
	if (confine_ask(in, canonical, host, deadline_in(IDN_MS), &answer,
	    err) == -1)
		return -1;
	if (!name_is_domain(str_slice(&answer)))
		return err_set(err, ERR_ABSENT, "not a domain name");
	*host = slice_of(pool_dup(pool, str_slice(&answer)));
	return 0;
}

static bool
is_main_domain(const struct installation *in, struct slice host)
{
	return slice_same(host, slice_of(in->main_domain));
}

/* 1: *real is set.  0: the main domain, which is not ours.  -1: none. */
static int
choose_domain(const struct installation *in, const struct where *where,
    struct pool *pool, struct slice typed, struct slice *user,
    const char **real, struct login *out, struct err *err)
{
	struct slice host;

	*user = typed;
	if (split_login(in, typed, user, &host)) {
		out->found = "login";
		if (ascii_host(in, pool, &host, err) == -1)
			return -1;
		if (where_domain_of_host(in, pool, host, false, real, err) == 0)
			return 1;
		return err->kind == ERR_ABSENT && is_main_domain(in, host) ? 0 :
		    -1;
	}
	out->found = where->found;
	if (where->kind == WHERE_DOMAIN) {
		*real = where->domain;
		return 1;
	}
	if (!where->main_is_ours)
		return 0;
	return domain_real_name(in, pool, slice_of(in->main_domain), real,
	    err) == 0 ? 1 : -1;
}

static void
refuse(struct login *out, enum verdict verdict, const char *reason)
{
	out->verdict = verdict;
	out->reason = reason;
}

/* What is ours to repair is not the client's fault. */
static void
fail(struct login *out, struct pool *pool, const struct err *err)
{
	refuse(out, VERDICT_TEMPORARY, pool_dup(pool, slice_of(err->text)));
}

/* *hash stays NULL where no password can be right.  -1: cannot be told. */
static int
find_hash(struct login *out, struct pool *pool, struct slice user,
    struct password *password, bool *found, struct err *err)
{
	struct account *account;

	out->reason = "unknown user";
	if (account_find(out->domain, pool, user, &account, err) == -1) {
		if (err->kind == ERR_INVALID)
			out->reason = pool_dup(pool, slice_of(err->text));
		return err->kind == ERR_ABSENT || err->kind == ERR_INVALID ? 0 :
		    -1;
	}
	out->account = account;
	if (account_password(out->domain, pool, account, password, err) == -1) {
		out->reason = pool_dup(pool, slice_of(err->text));
		return err->kind == ERR_ABSENT || err->kind == ERR_INVALID ? 0 :
		    -1;
	}
	out->reason = password->expired ? "expired" : password->locked ?
	    "locked" : "wrong password";
	*found = true;
	return 0;
}

static void
check_password(struct login *out, struct pool *pool, struct slice user,
    struct slice given)
{
	struct password password = { 0 };
	bool found = false;
	struct err err;

	if (find_hash(out, pool, user, &password, &found, &err) == -1) {
		fail(out, pool, &err);
		return;
	}
	if (!password_matches(found ? &password : NULL, given)) {
		out->verdict = VERDICT_WRONG;
		return;
	}
	if (out->domain->conf.lock_retrieval)
		refuse(out, VERDICT_LOCKED, "lock-retrieval");
	else
		refuse(out, VERDICT_OPEN, "");
}

void
login_check(const struct installation *in, const struct where *where,
    struct pool *pool, struct slice typed, struct slice given,
    struct login *out)
{
	struct slice user;
	const char *real;
	struct domain *domain;
	struct err err;

	*out = (struct login){ .found = "login" };
	int chosen = choose_domain(in, where, pool, typed, &user, &real, out,
	    &err);
	if (chosen == 0) {
		refuse(out, VERDICT_MAIN,
		    "a login of the main domain needs a native pop3d");
		return;
	}
	if (chosen == -1 && err.kind == ERR_ABSENT) {
		password_matches(NULL, given);
		refuse(out, VERDICT_WRONG, "unknown domain");
		return;
	}
	if (chosen == -1 || domain_open(in, pool, slice_of(real), &domain,
	    &err) == -1) {
		fail(out, pool, &err);
		return;
	}
	out->domain = domain;
	/* TLS is not here yet: then such a domain lets nobody in. */
	if (domain->conf.require_tls == REQUIRE_TLS_YES)
		refuse(out, VERDICT_NEEDS_TLS, "require-tls");
	else
		check_password(out, pool, user, given);
}
