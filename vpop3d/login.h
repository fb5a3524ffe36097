/* login.h: whether a login and a password open a mailbox, and whose.
 *
 * Runs as root, in the parent: it believes nothing of what it is given.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "account.h"
#include "grants.h"
#include "installation.h"
#include "pool.h"
#include "str.h"
#include "where.h"
#include "wire.h"

struct login_question {
	const struct installation	*in;
	const struct where		*where;
	struct slice			 typed;		/* the login */
	/* whose mailbox it is to open; empty: its own */
	struct slice			 wanted;
	struct slice			 password;
	const char			*peer;		/* "-": nobody knows */
	/* no native pop3d serves the system's users: we do */
	bool				 serves_main;
	struct deadline			 deadline;
};

struct login {
	/* VERDICT_OPEN: the password is right */
	enum verdict		 verdict;
	/* NULL: none that is served here */
	const struct domain	*domain;
	/* whose mailbox; until VERDICT_OPEN: who logs in, if there is one */
	const struct account	*account;
	/* who logged in, where the mailbox is another's: VERDICT_OPEN alone */
	const struct account	*by;
	/* then: what may be done with it */
	enum grant		 grant;
	/* how the domain was: login, sni, address or main */
	const char		*found;
	/* why not, for the log; the client is not told */
	const char		*reason;
};

/* Whether the login says which domain it means. */
bool	login_names_domain(const struct installation *in, struct slice typed);

/* Whether a login without a domain is refused before TLS begins.  A domain that
 * cannot be read is found out at the login. */
bool	login_needs_tls(const struct installation *in,
	    const struct where *where, bool serves_main);

/* Computes exactly one password hash, or asks PAM once, for all that is
 * VERDICT_WRONG or VERDICT_OPEN, and neither where the domain wants TLS first.
 * Everything in *out lives in pool. */
void	login_check(const struct login_question *question, struct pool *pool,
	    struct login *out);

#endif
