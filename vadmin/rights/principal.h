/* principal.h: who calls, and what is his.
 *
 * The caller is the real uid: root, or the installation's owner, may do all;
 * --as gives rights up for those of somebody less.  Nobody gains any by it.
 */
#ifndef PRINCIPAL_H
#define PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "installation.h"
#include "pool.h"

struct account;

/* From most to least: whoever may do what the next one may not comes first.
 * Zero is what an operation's row says that says nothing. */
enum caller {
	CALLER_ROOT,		/* or the installation's owner */
	CALLER_GLOBAL,		/* administers everything */
	CALLER_DOMAIN,		/* administers some domains */
	CALLER_ACCOUNT,		/* has an account */
	CALLER_ANYBODY,
};
enum { CALLERS = CALLER_ANYBODY + 1 };

/* "global administrators": those of a class, for people. */
const char *caller_class(enum caller caller);

struct principal {
	enum caller	  caller;
	/* as --as takes it: "admin/admin@a.test", "user/joe@a.test",
	 * "admin/boss", "system/carl"; or "root", "uid 1000" */
	const char	 *name;
	/* of CALLER_DOMAIN and CALLER_ACCOUNT: their domains' real names */
	const char	**domains;
	size_t		  domain_count;
	/* of CALLER_ACCOUNT */
	const struct account *account;
	/* who called sudo, for the journal; NULL: nobody did, or his name
	 * could be no user's */
	const char	 *person;
};

/* as is what --as was given, NULL without it; see vadmin(8) for its
 * spellings.  ERR_REFUSED: there is no such principal, it is barred, its line
 * is broken, it could be either of two, or the real uid has no rights to give
 * up.  *out lives in pool. */
int	principal_find(const struct installation *in, const char *as,
	    struct pool *pool, struct principal *out, struct err *err);

/* Whether a domain, by its real name, is his; all are where he rules all. */
bool	principal_has(const struct principal *principal, const char *domain);

#endif
