/* where.h: which domain the address that a client reached belongs to. */
#ifndef WHERE_H
#define WHERE_H

#include <stdbool.h>

#include "connection.h"
#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

enum where_kind {
	WHERE_UNKNOWN,		/* nobody said, or nobody was asked */
	WHERE_DOMAIN,		/* one of ours */
	WHERE_MAIN,		/* a name that is not ours: the main domain */
};

struct where {
	enum where_kind	 kind;
	const char	*domain;	/* its real name; WHERE_DOMAIN alone */
	/* how, for the log: "address" or "main" */
	const char	*found;
	/* main-domain names one of our domains */
	bool		 main_is_ours;
};

/* By the file "addresses", else by reverse lookup, as far as domain-from
 * allows.  Whatever fails ends in WHERE_UNKNOWN and a warning: a login with a
 * domain works still. */
void	where_find(const struct installation *in, const struct connection *c,
	    struct pool *pool, struct where *out);

/* Whether domain-from has the word. */
bool	where_allows(const struct installation *in, const char *word);

/* The first of the host name, and of its tails after each dot, that is one of
 * our domains.  ERR_ABSENT: none.  whole_last: the whole name is the last
 * choice, not the first. */
int	where_domain_of_host(const struct installation *in, struct pool *pool,
	    struct slice host, bool whole_last, const char **real,
	    struct err *err);

#endif
