/* homes.h: the home directories of accounts, and the trash beside them. */
#ifndef HOMES_H
#define HOMES_H

#include "account.h"
#include "domain.h"
#include "err.h"
#include "ident.h"
#include "pool.h"

/* homes/D/home: opened, and made when missing. */
int	homes_of_domain(const struct domain *domain, int *fd, struct err *err);

/* homes/D/home/U as one writes it into passwd.D. */
const char *homes_path(const struct domain *domain, struct pool *pool,
	    const char *account);

/* Makes it, mode 0700, for who.  An empty directory that is there already is
 * made anew; one with something in it must be who's, else ERR_EXISTS. */
int	homes_make(const struct domain *domain, const char *account,
	    struct ident who, struct err *err);

/* The same in homes/D/home, which the caller has opened, and syncs. */
int	homes_make_in(int parent, const struct domain *domain,
	    const char *account, struct ident who, struct err *err);

#endif
