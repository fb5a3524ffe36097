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
#include "table.h"

/* Why an account of this name and domain must not be made: an inbox that is
 * there, and more than an empty one of the domain's owner, or a home that is
 * not empty.  NULL: it may. */
const char *leftovers_beside(const struct account *account, struct pool *pool);

/* The same of an account of another domain that has its inbox.  Whatever gives an
 * account its name asks. */
int	leftovers_elsewhere(const struct account *account, struct pool *pool,
	    const char **why, struct err *err);

/* The same for many, whose domain it is: the inboxes that others have, by what
 * path_use_inbox() says, and whether one of an account would be among them. */
int	leftovers_list_elsewhere(const struct domain *domain, struct pool *pool,
	    struct table *inboxes, struct err *err);
const char *leftovers_listed(const struct account *account, struct pool *pool,
	    const struct table *inboxes);

/* What is beside it, or elsewhere. */
int	leftovers_in_the_way(const struct account *account, struct pool *pool,
	    const char **why, struct err *err);

/* Limit, forward, filter and vacation of an earlier account of the name go to
 * the trash beside them; *count of them were there. */
int	leftovers_put_away(const struct account *account, size_t *count,
	    struct err *err);

#endif
