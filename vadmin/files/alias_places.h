/* alias_places.h: the alias files of a domain. */
#ifndef ALIAS_PLACES_H
#define ALIAS_PLACES_H

#include "aliases.h"
#include "domain.h"

/* aliases.D, which may be missing, then the extra files: the order in which
 * they are asked.  NULL: there are no more. */
const char *alias_place(const struct domain *domain, struct pool *pool,
	    size_t index);

/* The entry that counts.  ERR_ABSENT: no file has the alias. */
int	alias_places_find(const struct domain *domain, struct pool *pool,
	    const char *alias, struct alias_entry **out, struct err *err);

#endif
