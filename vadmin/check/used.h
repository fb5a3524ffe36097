/* used.h: what is an account's, though it lies where others' things do: what
 * fsck must not take for nobody's, and inboxes that two accounts have.
 *
 * All domains are asked when the first question of its kind comes.
 */
#ifndef USED_H
#define USED_H

#include "account.h"
#include "pool.h"
#include "table.h"

/* A zero value has not asked yet. */
struct used {
	struct pool	 pool;
	struct table	 paths, inboxes;
	bool		 asked, asked_inboxes;
	const char	*doubt;		/* why not all paths are known; or NULL */
};
void	drop_used(struct used *used);

enum use { USE_NONE, USE_ACCOUNT, USE_UNKNOWN };

/* Whether an account has its inbox or home at dir/name or below it, when it
 * is in the spool or among the homes.  *doubt: why that is unknown. */
enum use used_by_account(struct used *used, const struct installation *in,
	    const char *dir, const char *name, const char **doubt);

/* Another account that has this one's inbox, as "U@D"; NULL: none. */
const char *used_inbox_of(struct used *used, const struct account *account);

#endif
