/* leftovers.h: what lies where a new account's things would be.
 *
 * Whose it was cannot be told by the user id where all accounts of a domain
 * have one.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stddef.h>

#include "account.h"
#include "err.h"
#include "pool.h"

/* Why an account of this name and domain must not be made: an inbox that is
 * there, and more than an empty one of the domain's owner, or a home that is
 * not empty.  NULL: it may. */
const char *leftovers_beside(const struct account *account, struct pool *pool);

/* The same, or an account of another domain that has its inbox. */
int	leftovers_in_the_way(const struct account *account, struct pool *pool,
	    const char **why, struct err *err);

/* Limit, forward, filter and vacation of an earlier account of the name go to
 * the trash beside them; *count of them were there. */
int	leftovers_put_away(const struct account *account, size_t *count,
	    struct err *err);

#endif
