/* host.h: names of hosts, and which of our domains they lead to. */
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

/* What a stranger says is a host's name, from a reverse zone or a TLS client:
 * *name is it in lower case, without the dot at its end.  -1: it is none. */
int	host_name(struct pool *pool, struct slice given, struct slice *name);

/* The first of the host name, and of its tails after each dot, that is one of
 * our domains.  ERR_ABSENT: none.  whole_last: the whole name is the last
 * choice, not the first. */
int	host_domain(const struct installation *in, struct pool *pool,
	    struct slice host, bool whole_last, const char **real,
	    struct err *err);

#endif
