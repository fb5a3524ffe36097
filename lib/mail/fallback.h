/* fallback.h: what "fallback" of domain.D says. */
#ifndef FALLBACK_H
#define FALLBACK_H

#include "aliases.h"
#include "err.h"
#include "pool.h"

/* The member that text, which is not empty, means for a local part:
 * user@domain, @domain, a name (ALIAS_ADDRESS) or | command (ALIAS_COMMAND).
 * ERR_INVALID: what is wrong with it.  *out lives in pool and in text. */
int	fallback_parse(struct pool *pool, const char *text, const char *local,
	    struct alias_member *out, struct err *err);

#endif
