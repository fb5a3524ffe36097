/* alternative.h: addresses that an account has beside its own: the From of its
 * automatic answers, and one that is kept as an alias of its domain.
 */
#ifndef ALTERNATIVE_H
#define ALTERNATIVE_H

#include "account.h"
#include "operation.h"

/* Whether both (NULL: not given; "": none) can be the account's, which had old
 * (NULL: none) until now.  ERR_INVALID: not of its domain.  ERR_EXISTS: there
 * is an account, or an alias, of that name; but for one that a call has left
 * that was killed while it made the account. */
int	alternative_check(struct call *call, const struct account *account,
	    const char *address, const char *alternative, const char *old,
	    struct err *err);

/* L@D of an address that was checked; "" stays. */
const char *alternative_address(struct call *call,
	    const struct account *account, const char *given);

/* The alias; it may be there already. */
int	alternative_make(struct call *call, const struct account *account,
	    const char *alternative, struct err *err);

/* The alias of the old one goes, unless it is the new one, or leads elsewhere
 * by now. */
int	alternative_drop(struct call *call, const struct account *account,
	    const char *old, const char *alternative, struct err *err);

/* What its profile names goes with a deleted account, and comes back with it;
 * where the name has become another's the profile claims it no more. */
int	alternative_leave(struct call *call, const struct account *account,
	    struct err *err);
int	alternative_return(struct call *call, const struct account *account,
	    struct err *err);

#endif
