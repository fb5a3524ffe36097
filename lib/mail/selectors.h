/* selectors.h: under which names the keys of a domain's signatures (DKIM)
 * stand in the DNS, as the signers of this machine are configured.
 */
#ifndef SELECTORS_H
#define SELECTORS_H

#include "pool.h"
#include "str.h"

enum { SELECTORS_MAX = 8 };

struct selectors {
	const char	*name[SELECTORS_MAX];
	size_t		 count;
};

/* What can be one; a name that is there already is not added. */
void	selectors_add(struct selectors *all, struct pool *pool,
	    struct slice name);

/* Adds those that OpenDKIM (opendkim.conf, its KeyTable) and rspamd
 * (dkim_signing.conf, the names of its keys) have for the domain.  root stands
 * for /.  Files that are missing or closed to us have none. */
void	selectors_in_use(int root, struct pool *pool, const char *domain,
	    struct selectors *all);

#endif
