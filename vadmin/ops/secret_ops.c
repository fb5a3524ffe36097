/* secret_ops.c: passwords of accounts changed, locked and unlocked. */
#include "secret_ops.h"

#include <unistd.h>

#include "account.h"
#include "line_edit.h"
#include "ops.h"
#include "password.h"
#include "scope.h"
#include "quality.h"
#include "secret.h"
#include "subject.h"
#include "user_room.h"

static int
keep_hash(struct call *call, struct slice secret, struct err *err)
{
	SCOPED(drop_str) struct str hash = { 0 };

	if (password_hash(secret, &hash, err) == -1)
		return -1;
	call->hash = pool_dup(&call->pool, str_slice(&hash));
	return 0;
}

/* One that somebody thought of. */
static int
keep_chosen(struct call *call, struct slice secret, const char *account,
    const char *domain, struct err *err)
{
	return quality_check(secret, account, domain, err) == -1 ? -1 :
	    keep_hash(call, secret, err);
}

int
secret_ask_new(struct call *call, const char *account, const char *domain,
    struct err *err)
{
	SCOPED(drop_secret) struct str secret = { 0 };

	if (call_has(call, "--password-stdin")) {
		if (secret_from_stdin(&secret, err) == -1)
			return -1;
		if (secret.len == 0)
			return err_set(err, ERR_INVALID,
			    "standard input has no password");
	} else if (!call->rehearsed && isatty(STDIN_FILENO)) {
		if (secret_from_terminal("Password (empty: one is made)",
		    account, domain, &secret, err) == -1)
			return -1;
	}
	if (secret.len > 0)
		return keep_chosen(call, str_slice(&secret), account, domain,
		    err);
	if (secret_generate(&secret, err) == -1)
		return -1;
	call->generated = pool_dup(&call->pool, str_slice(&secret));
	return keep_hash(call, str_slice(&secret), err);
}

int
secret_ask_change(struct call *call, const char *account, const char *domain,
    struct err *err)
{
	SCOPED(drop_secret) struct str secret = { 0 };

	if (call_has(call, "--password-stdin")) {
		if (secret_from_stdin(&secret, err) == -1)
			return -1;
	} else if (call->rehearsed) {
		/* Nobody has to type what is not used. */
		if (secret_generate(&secret, err) == -1)
			return -1;
	} else if (!isatty(STDIN_FILENO)) {
		return err_set(err, ERR_INVALID,
		    "there is no terminal to ask on: say --password-stdin");
	} else if (secret_from_terminal(
	    "New password (empty: keep the old one)", account, domain,
	    &secret, err) == -1) {
		return -1;
	}
	if (secret.len == 0)
		return 0;
	return keep_chosen(call, str_slice(&secret), account, domain, err);
}

static int
read_old(struct call *call, struct str *out, struct err *err)
{
	if (call_has(call, "--password-stdin"))
		return secret_from_stdin(out, err);
	return isatty(STDIN_FILENO) ? secret_ask_old(out, err) :
	    err_set(err, ERR_INVALID,
	    "there is no terminal to ask on: say --password-stdin");
}

/* Who finds somebody's shell open has not got his password by that.  An
 * administrator gives a new one without it. */
static int
check_old(struct call *call, const struct account *account, struct err *err)
{
	SCOPED(drop_password) struct password password = { 0 };
	SCOPED(drop_secret) struct str old = { 0 };
	bool matches;

	if (call->principal.caller != CALLER_ACCOUNT)
		return 0;
	if (!call_has(call, "--password-stdin") && call->rehearsed)
		return 0;
	if (read_old(call, &old, err) == -1 ||
	    account_password(account->domain, account, &password, err) == -1 ||
	    password_check(&password, str_slice(&old), &matches, err) == -1)
		return -1;
	return matches ? 0 : err_set(err, ERR_REFUSED, "that is not the old "
	    "password of %s@%s: nothing was changed", account->name,
	    account->domain->name);
}

/* An account that is not there is told before anybody types. */
int
user_passwd_ask(struct call *call, struct err *err)
{
	struct account *account;

	if (subject_account(call, "U@D", &account, err) == -1 ||
	    check_old(call, account, err) == -1)
		return -1;
	return secret_ask_change(call, account->name, account->domain->name,
	    err);
}

static bool
is_locked(struct slice hash)
{
	return slice_starts(hash, "!");
}

/* What a lock was put before, if it is a hash. */
static struct slice
behind_lock(struct slice hash)
{
	while (is_locked(hash))
		hash = slice_from(hash, 1);
	return hash;
}

static bool
is_password(struct slice hash)
{
	return hash.len > 1 && !slice_starts(hash, "*");
}

const char *
secret_state(const struct domain *domain, struct slice hash)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (conf_pam_service(&domain->conf) != NULL)
		return is_locked(hash) && behind_lock(hash).len > 0 ? "locked" :
		    "by PAM";
	if (!is_password(behind_lock(hash)))
		return is_locked(hash) && hash.len > 1 ? "locked, no password" :
		    "no password";
	if (is_locked(hash))
		return "locked";
	return password_is_known(pool_dup(&pool, hash)) ? "allowed" :
	    "unknown hash";
}

/* Everything that the three operations need of an account. */
struct login {
	struct account	*account;
	const char	*hash;
};

static int
open_login(struct call *call, struct login *login, struct err *err)
{
	SCOPED(drop_secret) struct str hash = { 0 };

	if (subject_account(call, "U@D", &login->account, err) == -1 ||
	    user_room_files(login->account->domain, err) == -1 ||
	    user_lines_hash(login->account->domain, login->account->name,
	    &hash, err) == -1)
		return -1;
	login->hash = pool_dup(&call->pool, str_slice(&hash));
	return 0;
}

static int
change_hash(const struct login *login, const char *hash, enum hash_kind kind,
    struct err *err)
{
	return line_set_hash(login->account->domain, login->account->name,
	    hash, kind, err);
}

/* A lock is not opened by a new password. */
const char *
secret_behind_lock(struct call *call, const char *old, bool *locked)
{
	*locked = is_locked(slice_of(old)) &&
	    behind_lock(slice_of(old)).len > 0;
	return *locked ? pool_format(&call->pool, "!%s", call->hash) :
	    call->hash;
}

int
user_passwd(struct call *call, struct err *err)
{
	struct login login;
	bool locked;

	if (open_login(call, &login, err) == -1)
		return -1;
	if (call->hash == NULL) {
		note("the password stays as it was");
		return 0;
	}
	const char *hash = secret_behind_lock(call, login.hash, &locked);
	if (change_hash(&login, hash, HASH_NEW, err) == -1)
		return -1;
	if (conf_pam_service(&login.account->domain->conf) != NULL)
		note("logins do not ask for it: the domain has 'auth = %s'",
		    login.account->domain->conf.auth);
	if (locked)
		note("the account stays locked: 'vadmin user unlock %s@%s' "
		    "opens it", login.account->name,
		    login.account->domain->name);
	return 0;
}

/* "!" alone is how others write "no password"; "!*" keeps a lock apart. */
int
user_lock(struct call *call, struct err *err)
{
	struct login login;

	if (open_login(call, &login, err) == -1)
		return -1;
	struct slice old = slice_of(login.hash);
	if (is_locked(old) && behind_lock(old).len > 0) {
		note("it was locked already");
		return 0;
	}
	const char *behind = behind_lock(old).len > 0 ? login.hash : "*";
	return change_hash(&login, pool_format(&call->pool, "!%s", behind),
	    HASH_SAME, err);
}

int
user_unlock(struct call *call, struct err *err)
{
	struct login login;

	if (open_login(call, &login, err) == -1)
		return -1;
	struct slice old = slice_of(login.hash);
	/* Where PAM has the passwords, an account needs none here. */
	bool needs_one = conf_pam_service(&login.account->domain->conf) == NULL;
	if (needs_one && !is_password(behind_lock(old)))
		return err_set(err, ERR_REFUSED,
		    "the account has no password: 'vadmin user passwd "
		    "%s@%s' gives it one", login.account->name,
		    login.account->domain->name);
	if (!is_locked(old) || behind_lock(old).len == 0) {
		note("it was not locked");
		return 0;
	}
	return change_hash(&login, pool_dup(&call->pool, behind_lock(old)),
	    HASH_SAME, err);
}
