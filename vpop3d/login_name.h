/* login_name.h: which domain a login means, by the name that was typed or by what
 * is known of the client.
 */
#ifndef LOGIN_NAME_H
#define LOGIN_NAME_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"
#include "where.h"

struct login_name {
	/* what stands before the domain; as long as what was typed */
	struct slice	 user;
	const char	*real;		/* its real name */
	/* how it was found, as in struct login */
	const char	*found;
};

/* The last separator counts.  False: there is none. */
bool	login_name_split(const struct installation *in, struct slice typed,
	    struct slice *user, struct slice *host);

/* The real name of the domain that a host name leads to; *host becomes ASCII.
 * ERR_ABSENT: none of ours. */
int	login_name_host(const struct installation *in, struct pool *pool,
	    struct slice *host, const char **real, struct err *err);

/* 1: out->real is set.  0: the main domain, which is not ours.  -1: none, and
 * ERR_ABSENT where that is the client's fault; out->user and found are set in any
 * case. */
int	login_name_choose(const struct installation *in,
	    const struct where *where, struct pool *pool, struct slice typed,
	    struct login_name *out, struct err *err);

#endif
