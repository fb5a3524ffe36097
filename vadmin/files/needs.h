/* needs.h: the programs and files that a domain's settings and the members of
 * its aliases name, and that are not there.
 */
#ifndef NEEDS_H
#define NEEDS_H

#include "aliases.h"
#include "domain.h"

/* NULL: all is there, or nobody can tell: of a command only its first word is
 * looked at, and where it is a plain absolute path.  Else a sentence in
 * pool. */
const char *needs_of_command(struct pool *pool, const char *command);
const char *needs_of_member(struct pool *pool,
	    const struct alias_member *member);

/* The same of the domain's settings that name such things, one after the
 * other: false when there is no i-th. */
bool	needs_of_setting(const struct domain *domain, struct pool *pool,
	    size_t i, const char **setting, const char **missing);

#endif
