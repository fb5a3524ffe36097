/* throttle.h: what failed logins cost, over connections, and how often one may
 * log in.  What is remembered lies in STATE/logins (lib/base/tries).
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include <stdbool.h>

#include "connection.h"
#include "deadline.h"
#include "err.h"
#include "installation.h"
#include "str.h"
#include "tries.h"

/* One login that is being looked at. */
struct throttle {
	struct tries	tries;
	bool		has_peer;	/* pipes have none */
	struct network	peer;
	struct str	account;
	/* it has its turn; the account's, too; others had it until then */
	bool		has_turn, has_account, waited;
	/* why nothing is remembered */
	struct err	err;
};

#define THROTTLE_NONE	((struct throttle){ .tries = { .fd = -1 } })

/* Waits for the turn of this try: tries of one peer come one after the other,
 * and so do tries on one account from peers that have failed lately.  -1: the
 * deadline passed.  Where nothing can be remembered, nobody waits. */
int	throttle_begin(struct throttle *t, const struct installation *in,
	    const struct connection *c, struct slice account,
	    struct deadline d, struct err *err);

/* Whose turn it is has failed, for so many times on this connection, this one
 * included: how long its answer takes, in ms, from the beginning of the turn;
 * from when the turn was asked for, where it did not have to wait for it.
 * t->err is set where it could not be remembered. */
int64_t	throttle_failed(struct throttle *t, unsigned on_connection);

/* The account logs in, which it may once in so many seconds.  1: it may, and
 * that is remembered; 0: not yet; -1: it cannot be told. */
int	throttle_login(struct throttle *t, unsigned seconds, struct err *err);
/* It did not, after all. */
void	throttle_no_login(struct throttle *t);

/* The next one has its turn. */
void	throttle_leave(struct throttle *t);

/* Closes it, too. */
void	drop_throttle(struct throttle *t);

#endif
