/* orphans.h: what lies in the spool and is nobody's. */
#ifndef ORPHANS_H
#define ORPHANS_H

#include "account.h"
#include "domain.h"
#include "findings.h"
#include "pool.h"
#include "table.h"
#include "used.h"

/* The names of a directory that are somebody's.  A zero value has none. */
struct kept {
	struct pool	 pool;
	struct table	 names;
	/* any name could be somebody's: nothing is an orphan */
	bool		 all;
};
void	drop_kept(struct kept *kept);

/* A domain's directory in the spool, and the one in which its inboxes lie. */
void	kept_domain(struct kept *kept, const struct domain *domain);
void	kept_name(struct kept *kept, const char *name);

/* What an account's inbox is in spool/D. */
void	kept_inbox(struct kept *kept, const struct account *account);

/* Directories of the spool and of files/ that are no domain's. */
void	orphans_in_spool(struct findings *found, const struct installation *in,
	    const struct kept *kept);

/* What lies in spool/D like an inbox, and is no account's.  accounts: the
 * domain's, in lower case. */
void	orphans_among_inboxes(struct findings *found,
	    const struct domain *domain, const struct kept *kept,
	    const struct table *accounts, struct used *used);

/* What one is to do about a thing of the account's that was left; *by_hand:
 * only the operator can know. */
const char *orphan_mend(const struct domain *domain, struct pool *pool,
	    const char *account, bool *by_hand);

#endif
