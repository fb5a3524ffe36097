/* spool.h: the directories of the spool, made when missing, and checked.
 *
 * spool/D and spool/files/D belong to root and the gid of D with mode 3770:
 * sticky, so that only an account's own uid touches its inbox.  With one
 * owner for all, and without root, they are the owner's alone (0700).
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "domain.h"
#include "err.h"

/* Opens the spool itself, which must exist: a spool that is missing is most
 * often one that is not mounted. */
int	spool_open(const struct installation *in, int *fd, struct err *err);

/* For root: that nobody else can put things into the directory that domains
 * lie in (path is for messages), the domain's one owner excepted, and where the
 * mailboxes are the system's (/var/mail) its group. */
int	spool_trust(const struct domain *domain, int fd, const char *path,
	    struct err *err);

enum spool_how {
	SPOOL_EXISTING,
	SPOOL_MAKE,		/* made when missing */
	SPOOL_MEND,		/* and as root one of root's own with another
				 * group or mode is mended, with a warning:
				 * Linuxconf left others */
};

/* Opens name in parent, as a directory of the domain's mail.  ERR_ABSENT:
 * missing.  ERR_REFUSED: a link, not a directory, or others could write to
 * it.  ERR_TEMPORARY: vadmin moved it after the caller read where it is. */
int	spool_step(const struct domain *domain, int parent, const char *name,
	    enum spool_how how, int *fd, struct err *err);

/* spool/D, and spool/files/D; when make is set they are made and mended. */
int	spool_of_domain(const struct domain *domain, bool make, int *fd,
	    struct err *err);
int	spool_files(const struct domain *domain, bool make, int *fd,
	    struct err *err);

#endif
