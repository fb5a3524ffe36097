/* login.c: whether a login and a password open a mailbox, and whose. */
#include "login.h"

#include <string.h>

#include "login_name.h"
#include "name.h"
#include "pam.h"
#include "password.h"
#include "scope.h"
#include "system_user.h"

bool
login_names_domain(const struct installation *in, struct slice typed)
{
	struct slice user, host;

	return login_name_split(in, typed, &user, &host);
}

struct login_terms
login_terms(const struct installation *in, const struct where *where)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct domain *domain;
	struct err err;

	const char *name = where->kind == WHERE_DOMAIN ? where->domain :
	    in->main_domain;
	if (where->kind != WHERE_DOMAIN && !where->main_is_ours)
		domain = system_user_domain(in, &pool);
	else if (domain_open(in, &pool, slice_of(name), &domain, &err) == -1)
		return (struct login_terms){ 0 };
	return (struct login_terms){ where_needs_tls(where, domain),
	    domain->conf.login_delay };
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
	if (account_password(out->domain, account, password, err) == -1) {
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
open_or_locked(struct login *out)
{
	if (out->domain->conf.lock_retrieval)
		refuse(out, VERDICT_LOCKED, "lock-retrieval");
	else
		refuse(out, VERDICT_OPEN, "");
}

/* --- another's mailbox -------------------------------------------------- */

/* A name without a domain is in the login's own, and so must all others be.
 * ERR_ABSENT: there is no such account there. */
static int
find_wanted(const struct login_question *q, struct pool *pool,
    const struct domain *domain, struct account **out, struct err *err)
{
	struct slice user = q->wanted, host;
	const char *real;

	if (login_name_split(q->in, q->wanted, &user, &host)) {
		if (login_name_host(q->in, pool, &host, &real, err) == -1)
			return -1;
		if (strcmp(real, domain->name) != 0)
			return err_set(err, ERR_ABSENT, "another domain's");
	}
	return account_find(domain, pool, user, out, err);
}

/* Why who has logged in may not open the mailbox of another; NULL: it may. One
 * without a password of its own is shared by those to whom it is granted; one
 * that was locked, or has expired, is locked for all.  -1: cannot be told. */
static int
may_open(struct login *out, const struct account *wanted, const char **why,
    struct err *err)
{
	SCOPED(drop_password) struct password password = { 0 };

	*why = NULL;
	if (grants_find(out->domain, slice_of(wanted->name),
	    slice_of(out->account->name), &out->grant, err) == -1)
		return -1;
	if (out->grant == GRANT_NONE) {
		*why = "not granted";
		return 0;
	}
	if (account_password(out->domain, wanted, &password, err) == -1)
		return -1;
	if (password.barred || password.expired)
		*why = "granted, but locked";
	return 0;
}

/* The password was right: the mailbox that is wanted takes the place of the
 * login's own. */
static void
open_wanted(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	struct account *wanted;
	const char *why;
	struct err err;

	if (q->wanted.len == 0 || slice_equal(q->wanted, q->typed))
		return;
	if (out->domain->of_system) {
		refuse(out, VERDICT_WRONG, "wants another mailbox");
		return;
	}
	if (find_wanted(q, pool, out->domain, &wanted, &err) == -1) {
		if (err.kind == ERR_ABSENT || err.kind == ERR_INVALID)
			refuse(out, VERDICT_WRONG, "wants another mailbox: "
			    "no such account in this domain");
		else
			fail(out, pool, &err);
		return;
	}
	if (slice_same(slice_of(wanted->name), slice_of(out->account->name)))
		return;
	if (may_open(out, wanted, &why, &err) == -1)
		fail(out, pool, &err);
	else if (why != NULL)
		refuse(out, VERDICT_WRONG, pool_format(pool,
		    "wants another mailbox: %s", why));
	else {
		out->by = out->account;
		out->account = wanted;
	}
}

/* Costs what a hash costs, and fails as that does. */
static void
refuse_unknown(const struct login_question *q, struct pool *pool,
    struct login *out, const char *reason)
{
	struct err err;
	bool matches;

	if (password_check(NULL, q->password, &matches, &err) == -1)
		fail(out, pool, &err);
	else
		refuse(out, VERDICT_WRONG, reason);
}

static void
check_hash(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	SCOPED(drop_password) struct password password = { 0 };
	bool found = false, matches;
	struct err err;

	if (find_hash(out, pool, out->user, &password, &found, &err) == -1 ||
	    password_check(found ? &password : NULL, q->password, &matches,
	    &err) == -1)
		fail(out, pool, &err);
	else if (!matches)
		out->verdict = VERDICT_WRONG;
	else {
		open_or_locked(out);
		out->has_old_hash = q->in->conf.rehash &&
		    password_is_old(password.hash);
	}
}

/* --- PAM ---------------------------------------------------------------- */

static int
ask_pam(const struct login_question *q, struct pool *pool, const char *service,
    const char *user, struct pam_user *ids, struct err *err)
{
	const struct pam_question question = {
		.service = service, .user = user, .password = q->password,
		.peer = q->peer, .wants_ids = ids != NULL,
		.deadline = q->deadline,
	};

	return pam_ask(&question, pool, ids, err);
}

/* What nobody can be called does not reach PAM: modules may make paths of
 * it. */
static bool
nobody_is_called(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	if (name_is_account(out->user))
		return false;
	refuse_unknown(q, pool, out, "unknown user");
	return true;
}

static void
no_from_pam(struct login *out, struct pool *pool, const struct err *err)
{
	refuse(out, err->kind == ERR_REFUSED ? VERDICT_WRONG :
	    VERDICT_TEMPORARY, pool_dup(pool, slice_of(err->text)));
}

/* An account of a domain with auth = pam; PAM is asked whoever it is, so that
 * all take the same time. */
static void
check_by_pam(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	SCOPED(drop_password) struct password password = { 0 };
	bool found = false;
	struct err err;

	if (nobody_is_called(q, pool, out))
		return;
	if (find_hash(out, pool, out->user, &password, &found, &err) == -1) {
		fail(out, pool, &err);
		return;
	}
	/* PAM has the one that counts */
	drop_password(&password);
	const char *name = found ? out->account->name :
	    pool_dup(pool, out->user);
	int got = ask_pam(q, pool, conf_pam_service(&out->domain->conf),
	    pool_format(pool, "%s@%s", name, out->domain->name), NULL, &err);
	if (got == -1 && (err.kind != ERR_REFUSED || found))
		no_from_pam(out, pool, &err);
	else if (!found)
		out->verdict = VERDICT_WRONG;	/* with find_hash()'s reason */
	else if (password.expired || password.barred)
		refuse(out, VERDICT_WRONG, password.expired ? "expired" :
		    "locked");
	else
		open_or_locked(out);
}

/* A user of the system, in the main domain. */
static void
check_system_user(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	struct domain *domain = system_user_domain(q->in, pool);
	struct pam_user ids;
	struct account *account;
	struct err err;

	out->domain = domain;
	if (nobody_is_called(q, pool, out))
		return;
	if (ask_pam(q, pool, PAM_SERVICE, pool_dup(pool, out->user), &ids,
	    &err) == -1 ||
	    system_user_account(domain, pool, &ids, &account, &err) == -1) {
		no_from_pam(out, pool, &err);
		return;
	}
	out->account = account;
	refuse(out, VERDICT_OPEN, "");
}

/* --- the whole ---------------------------------------------------------- */

/* In plain text it is answered as most of ours are, which says nothing of
 * it. */
static void
no_domain(const struct login_question *q, struct pool *pool,
    struct login *out, const char *reason)
{
	out->reason = reason;
	if (where_needs_tls(q->where, system_user_domain(q->in, pool)))
		refuse(out, VERDICT_NEEDS_TLS, "require-tls");
}

/* Not looked up: what is left of it could be somebody's. */
static struct login
too_long(struct pool *pool, struct slice typed)
{
	struct slice seen = !wire_name_was_cut(typed) ? typed : slice_of(
	    pool_format(pool, "%.*s...", (int)typed.len, typed.p));

	return (struct login){ .typed = seen, .user = typed,
	    .found = "login" };
}

void
login_find(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	struct login_name name = { 0 };
	struct domain *domain;
	struct err err;

	/* the record that it came in is used again */
	struct slice typed = { pool_dup(pool, q->typed), q->typed.len };
	if (wire_name_was_cut(q->typed) || wire_name_was_cut(q->wanted)) {
		*out = too_long(pool, typed);
		no_domain(q, pool, out, "longer than any name, and cut");
		return;
	}
	int chosen = login_name_choose(q->in, q->where, pool, typed, &name,
	    &err);
	*out = (struct login){ .typed = typed, .user = name.user,
	    .found = name.found, .is_natives = chosen == 0 && q->has_native };
	if (chosen == -1 && err.kind == ERR_ABSENT) {
		no_domain(q, pool, out, "unknown domain");
		return;
	}
	if (chosen == 0)
		domain = system_user_domain(q->in, pool);
	else if (chosen == -1 || domain_open(q->in, pool, slice_of(name.real),
	    &domain, &err) == -1) {
		fail(out, pool, &err);
		return;
	}
	out->domain = domain;
	if (where_needs_tls(q->where, domain))
		refuse(out, VERDICT_NEEDS_TLS, "require-tls");
}

const char *
login_account(const struct login_question *q, const struct login *login,
    struct pool *pool)
{
	if (login->domain == NULL)
		return pool_dup(pool, q->typed);
	return pool_format(pool, "%s@%s", pool_dup(pool, login->user),
	    login->domain->name);
}

void
login_check(const struct login_question *q, struct pool *pool,
    struct login *out)
{
	if (out->domain == NULL)
		refuse_unknown(q, pool, out, out->reason);
	else if (out->domain->of_system)
		check_system_user(q, pool, out);
	else if (conf_pam_service(&out->domain->conf) != NULL)
		check_by_pam(q, pool, out);
	else
		check_hash(q, pool, out);
	if (out->verdict == VERDICT_OPEN)
		open_wanted(q, pool, out);
}
