/* trash.h: where the things of a deleted account go.
 *
 * ".trash" beside the thing, for root (or the owner) alone; names get the
 * time behind them.  A rename, so nothing is copied and nothing is lost.
 */
#ifndef TRASH_H
#define TRASH_H

#include <stdbool.h>

#include "belongings.h"

/* What names put away get behind them: the time, and who did it. */
const char *trash_stamp(struct pool *pool);

/* The ".trash" in parent.  ERR_ABSENT: there is none (and make is not set).
 * ERR_REFUSED: somebody else's. */
int	trash_open(int parent, bool make, int *fd, struct err *err);

/* Where a thing of the account that lies at path is, or would be, when it is
 * put away; its inbox. */
const char *trash_place(const struct belongings *all, const char *path);
const char *trash_inbox(const struct belongings *all);

/* *inbox becomes where the inbox is now, or NULL when there was none.  What is
 * missing is left out. */
int	trash_account(const struct belongings *all, const char **inbox,
	    struct err *err);

/* One thing, from parent/name to the trash there, as another name. */
int	trash_put(int parent, const char *name, const char *as,
	    struct err *err);

/* All of it back in its place.  ERR_EXISTS: something is there already; what
 * came before it is back, and a repeated call goes on. */
int	trash_restore(const struct belongings *all, struct err *err);

/* Removes it for good. */
int	trash_purge(const struct belongings *all, struct err *err);

#endif
