/* domain.h: a virtual domain: whether it is ours, its settings, its owner.
 *
 * domain.D or passwd.D makes a domain; domain.ALIAS, a symbolic link to
 * domain.D in the same directory, makes a domain alias: one lookup, no list.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdbool.h>

#include "err.h"
#include "ident.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

struct account_store;

struct domain {
	const struct installation	*in;
	const struct account_store	*accounts;
	/* the real one, canonical */
	const char			*name;
	/* "domain.D", for messages */
	const char			*file;
	struct domain_conf		 conf;
	struct settings_lines		 lines;		/* where it sets what */
	/* owner = USER[:GROUP] */
	bool				 one_owner;
	/* then: who; else gid is the domain's group */
	struct ident			 owner;
	/* Not one of ours: the machine's own, whose accounts are the system's
	 * users; made by who serves them (vpop3d).  conf.inbox is
	 * main-mailboxes. */
	bool				 of_system;
};

/* given is any spelling.  ERR_ABSENT: not one of ours, or not one that the
 * installation shows.  Every other error is
 * the installation's fault.  *out lives in pool. */
int	domain_open(const struct installation *in, struct pool *pool,
	    struct slice given, struct domain **out, struct err *err);

/* The same of one that domain_each() told a moment ago, and not as an alias:
 * its name, which has to live as long as pool, is the real one. */
int	domain_open_listed(const struct installation *in, struct pool *pool,
	    const char *name, struct domain **out, struct err *err);

/* "PATH/domain.D:LINE", where it sets this; without line where it does not. */
const char *domain_where(const struct domain *domain, struct pool *pool,
	    const char *setting);

/* The real name alone, without reading settings; the same errors. */
int	domain_real_name(const struct installation *in, struct pool *pool,
	    struct slice given, const char **out, struct err *err);

/* Calls fn with the canonical name of each domain (aliases: real names are
 * different from their own), sorted, until it returns non-zero. */
int	domain_each(const struct installation *in, struct pool *pool,
	    int (*fn)(void *arg, const char *name, bool is_alias,
	    struct err *err), void *arg, struct err *err);

#endif
