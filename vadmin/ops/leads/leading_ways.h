/* leading_ways.h: what leads to an account without being a line of ours that
 * names it: forwards in homes, included files, full names, other domains'
 * fallbacks to the same name.
 */
#ifndef LEADING_WAYS_H
#define LEADING_WAYS_H

#include "account.h"
#include "operation.h"
#include "table.h"

/* A key of the table: who was told of already.  Lives in pool. */
const char *leading_ways_key(struct pool *pool, const char *local,
	    const char *domain);

/* A note of each that is not in told; "then" ends it. */
int	leading_ways_tell(struct call *call, const struct account *account,
	    const struct table *told, const char *then, struct err *err);

#endif
