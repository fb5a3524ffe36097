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
	/* the system's users are the native pop3d's, not ours */
	bool				 has_native;
	struct deadline			 deadline;
};

struct login {
	/* 0: a password has to be looked at; VERDICT_OPEN: it is right */
	enum verdict		 verdict;
	struct slice		 typed;
	/* what of it stands before the domain */
	struct slice		 user;
	/* NULL: none that is served here */
	const struct domain	*domain;
	/* whose mailbox; until VERDICT_OPEN: who logs in, if there is one */
	const struct account	*account;
	/* who logged in, where the mailbox is another's: VERDICT_OPEN alone */
	const struct account	*by;
	/* then: what may be done with it */
	enum grant		 grant;
	/* the native pop3d looks at the password, and has all that follows */
	bool			 is_natives;
	/* VERDICT_OPEN, and "rehash" is set: the login's hash, where it is old */
	const char		*old_hash;
	/* how the domain was: login, sni, address or main */
	const char		*found;
	/* why not, for the log; the client is not told */
	const char		*reason;
};

/* Whether the login says which domain it means. */
bool	login_names_domain(const struct installation *in, struct slice typed);

/* What holds for a login without a domain, as far as can be told before it.  A
 * domain that cannot be read is found out at the login. */
struct login_terms {
	bool		needs_tls;	/* it is refused before TLS begins */
	uint64_t	login_delay;	/* seconds */
};
struct login_terms login_terms(const struct installation *in,
	    const struct where *where);

/* Whom the login means: all but what only a password tells.  Everything in *out
 * lives in pool. */
void	login_find(const struct login_question *question, struct pool *pool,
	    struct login *out);

/* "user@domain", the same for all spellings of a login that was found. */
const char *login_account(const struct login_question *question,
	    const struct login *login, struct pool *pool);

/* Then, where the verdict is still open and the login is ours: computes exactly
 * one password hash, or asks PAM once, for all that becomes VERDICT_WRONG or
 * VERDICT_OPEN. */
void	login_check(const struct login_question *question, struct pool *pool,
	    struct login *out);

#endif
