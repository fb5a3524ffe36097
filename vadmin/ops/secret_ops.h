/* secret_ops.h: what operations ask of passwords. */
#ifndef SECRET_OPS_H
#define SECRET_OPS_H

#include "domain.h"
#include "operation.h"

/* Gets a new account's password as the call says and the terminal allows, or
 * makes one; call->hash is its hash then. */
int	secret_ask_new(struct call *call, const char *account,
	    const char *domain, struct err *err);

/* Gets a new password for what has one already, in the same ways but that none
 * is made; after an empty answer call->hash stays NULL: the old one is kept. */
int	secret_ask_change(struct call *call, const char *account,
	    const char *domain, struct err *err);

/* The hash as it goes into a file where old is: a lock stays one. */
const char *secret_behind_lock(struct call *call, const char *old,
	    bool *locked);

/* A hash field in a word: "allowed", "locked", "no password" or
 * "unknown hash" (to crypt(3)); "by PAM" where
 * PAM has the domain's passwords. */
const char *secret_state(const struct domain *domain, struct slice hash);

#endif
