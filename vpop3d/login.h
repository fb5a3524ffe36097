/* login.h: whether a login and a password open a mailbox, and whose.
 *
 * Runs as root, in the parent: it believes nothing of what it is given.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "account.h"
#include "installation.h"
#include "pool.h"
#include "str.h"
#include "where.h"
#include "wire.h"

struct login {
	/* VERDICT_OPEN: the password is right */
	enum verdict		 verdict;
	const struct domain	*domain;	/* NULL: not one of ours */
	const struct account	*account;	/* VERDICT_OPEN alone */
	/* how the domain was: login, address or main */
	const char		*found;
	/* why not, for the log; the client is not told */
	const char		*reason;
};

/* Computes exactly one password hash for all that is VERDICT_WRONG or
 * VERDICT_OPEN.  Everything in *out lives in pool. */
void	login_check(const struct installation *in, const struct where *where,
	    struct pool *pool, struct slice typed, struct slice password,
	    struct login *out);

#endif
