/* path_use.h: which accounts have their inbox or home at or below a directory.
 *
 * All domains are asked, also those that the caller may not know of: what is
 * an account's must not go because its domain's things lie elsewhere.  A
 * domain's passwd.D is read where its inboxes could lie there; homes are
 * where field 6 says.  Lines that do not count are somebody's, too.
 */
#ifndef PATH_USE_H
#define PATH_USE_H

#include <stdbool.h>

#include "account.h"
#include "installation.h"
#include "pool.h"

struct path_use {
	const char	*domain;
	struct slice	 account;	/* as its line spells it */
	bool		 is_home;
	/* as if no directory on the way were a link */
	const char	*path;
};
typedef void path_use_visitor(void *arg, const struct path_use *use);

enum { PATH_USE_DIRS = 24 };
struct path_question {
	const struct installation	*in;
	const char			*dir[PATH_USE_DIRS];
	size_t				 count;
	/* not asked, or for homes alone; or NULL */
	const char			*but, *inboxes_but;
	/* leaves out what lies where it should: inboxes of D in spool/D, and
	 * homes/D/home/U of U@D */
	bool				 elsewhere;
};

/* *doubt, which lives in pool: why it is not known of all domains; NULL: it
 * is. */
int	path_use_each(const struct path_question *question, struct pool *pool,
	    path_use_visitor *visit, void *arg, const char **doubt,
	    struct err *err);

/* The inboxes of all domains whose inboxes lie in the directory of another
 * domain's. */
int	path_use_shared(const struct installation *in, struct pool *pool,
	    path_use_visitor *visit, void *arg, const char **doubt,
	    struct err *err);

/* Whether the domain's inboxes lie in spool/D. */
bool	path_use_is_own_place(const struct domain *domain);

/* The directory that has the domain's inboxes, as its settings spell it. */
const char *path_use_inboxes(const struct domain *domain, struct pool *pool);

/* Where an account's inbox lies, spelt as path_use_shared() does. */
const char *path_use_inbox(const struct account *account, struct pool *pool);

#endif
