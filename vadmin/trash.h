/* trash.h: where the things of a deleted account go.
 *
 * ".trash" beside the thing, for root (or the owner) alone; names get the
 * time behind them.  A rename, so nothing is copied and nothing is lost.
 */
#ifndef TRASH_H
#define TRASH_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "pool.h"

struct trash {
	const struct account	*account;
	const char		*stamp;		/* the time, in every name */
	struct pool		*pool;		/* what the messages live in */
};

/* The inbox with what belongs to it, the quota, the files of files/D and the
 * home.  *inbox becomes where the inbox is now, or NULL when there was none.
 * What is missing is left out. */
int	trash_account(const struct trash *trash, const char **inbox,
	    struct err *err);

/* Where there is no inbox, what an earlier account of the name left beside it
 * (its locks and ids) is removed: the next one has another uid, and could not
 * open it.  ERR_BUSY: somebody holds the inbox's lock file. */
int	trash_leftovers(const struct account *account, struct pool *pool,
	    struct err *err);

/* Where the inbox lies: its parent directory and the name in it that goes with
 * the account ("/srv/mail/D" and "U" for /srv/mail/%d/%u/Maildir/). */
void	trash_place(const struct account *account, struct pool *pool,
	    const char **parent, const char **name);

#endif
