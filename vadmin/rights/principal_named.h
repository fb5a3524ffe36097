/* principal_named.h: the principal that --as names, in the name space that it
 * says, or in the only one that has the name.
 */
#ifndef PRINCIPAL_NAMED_H
#define PRINCIPAL_NAMED_H

#include "principal.h"

/* ERR_REFUSED: there is none, it may not act, or it could be either of two. */
int	principal_named(const struct installation *in, const char *as,
	    struct pool *pool, struct principal *out, struct err *err);

#endif
