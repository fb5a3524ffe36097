/* domain_trash.h: where a deleted domain is kept: DIR/.trash/.domains/D.STAMP.
 *
 * Its files KIND.D; "accounts", what was remembered of accounts deleted before;
 * "links", its domain aliases, "ALIAS TARGET" a line; and "places", where its
 * directories were, "PARENT<tab>NAME" a line: each is now
 * PARENT/.trash/NAME.STAMP.
 */
#ifndef DOMAIN_TRASH_H
#define DOMAIN_TRASH_H

#include "domain.h"
#include "domain_trash_lists.h"
#include "err.h"
#include "installation.h"
#include "pool.h"

/* The stamps of domains of this name, the newest last; none is no error. */
ptrdiff_t domain_trash_stamps(const struct installation *in,
	    struct pool *pool, const char *name, const char ***out,
	    struct err *err);

/* Each deleted domain, in no order. */
typedef void domain_trash_visitor(void *arg, struct slice name,
	    struct slice stamp);
int	domain_trash_each(const struct installation *in,
	    domain_trash_visitor *visit, void *arg, struct err *err);

/* ERR_ABSENT: it is not there (and make is not set). */
int	domain_trash_open(struct domain_trash *trash, bool make,
	    struct err *err);
void	drop_domain_trash(struct domain_trash *trash);

/* ERR_REFUSED: spool or homes lead elsewhere by now than where its directories
 * would come back to.  The trash need not be open. */
int	domain_trash_check_places(const struct domain_trash *trash,
	    struct err *err);

/* Each can be repeated, and goes on then. */
int	domain_trash_take(const struct domain_trash *trash,
	    const struct domain *domain, struct err *err);
int	domain_trash_give_back(const struct domain_trash *trash,
	    struct err *err);
int	domain_trash_purge(const struct domain_trash *trash, struct err *err);

#endif
