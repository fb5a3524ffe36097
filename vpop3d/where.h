/* where.h: what is known of a client before it logs in: which domain it has
 * reached, and whether a password may travel. */
#ifndef WHERE_H
#define WHERE_H

#include <stdbool.h>

#include "connection.h"
#include "domain.h"
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
	/* how, for the log: "sni", "address" or "main" */
	const char	*found;
	/* main-domain names one of our domains */
	bool		 main_is_ours;
	/* nobody on the way can read */
	bool		 under_tls;
	/* or there is no way to speak of: a loopback address, a pipe */
	bool		 from_here;
};

/* By the file "addresses", else by reverse lookup, as far as domain-from
 * allows.  Whatever fails ends in WHERE_UNKNOWN and a warning: a login with a
 * domain works still. */
void	where_find(const struct installation *in, const struct connection *c,
	    struct pool *pool, struct where *out);

/* The TLS server name chooses instead, if it leads to one of our domains and
 * domain-from allows it.  name is what a stranger sent. */
void	where_by_server_name(const struct installation *in, struct pool *pool,
	    struct slice name, struct where *where);

/* The domain that a server name leads to.  ERR_ABSENT: none of ours. */
int	where_domain_of_server_name(const struct installation *in,
	    struct pool *pool, struct slice name, const char **real,
	    struct err *err);

/* Who greets: "Virtual D", or the host's name. */
const char *where_greeting(const struct installation *in,
	    const struct where *where, struct pool *pool);

/* The domain that was reached asks for TLS, which is not there. */
bool	where_needs_tls(const struct where *where, const struct domain *domain);

/* Whether domain-from has the word. */
bool	where_allows(const struct installation *in, const char *word);

#endif
