/* alternative.h: addresses that an account has beside its own: the From of its
 * automatic answers, and one that is kept as an alias of its domain.
 */
#ifndef ALTERNATIVE_H
#define ALTERNATIVE_H

#include "account.h"
#include "operation.h"

/* Whether both (NULL: not given; "": none) can be the account's.
 * ERR_INVALID: not of its domain.  ERR_EXISTS: somebody else's. */
int	alternative_check(struct call *call, const struct account *account,
	    const char *address, const char *alternative, struct err *err);

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

#endif
