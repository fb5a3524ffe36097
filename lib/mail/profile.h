/* profile.h: what is said of an account beside its lines in passwd.D and
 * shadow.D: files/D/U.profile of the spool, "name = value".
 *
 * It counts when it is a plain file with one name that root or the owner owns,
 * as U.quota does.  Name, office and telephones that a passwd file has a place
 * for are there (GECOS), not here.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include "account.h"
#include "err.h"
#include "pool.h"
#include "settings.h"

struct profile {
	const char	*first_name, *last_name, *display_name;
	/* L@D: the From of automatic answers */
	const char	*address;
	/* L@D: an alias of the domain that leads here */
	const char	*alternative;
	const char	*title, *mobile, *pager, *fax;
};

/* One row each; all are text, "" where nothing is said. */
extern const struct setting profile_settings[];

/* What it says by one of these names. */
const char *profile_value(const struct profile *profile, const char *name);

/* Opens U.profile in files/D.  1: *fd, 0: there is none that counts, -1: it
 * cannot be told. */
int	profile_open(const struct domain *domain, int files,
	    const char *account, int *fd, struct err *err);

/* What it says.  ERR_INVALID, "FILE:LINE: text": a line is wrong, and nothing
 * counts. */
int	profile_read(int fd, const char *file, struct pool *pool,
	    struct profile *out, struct err *err);

#endif
