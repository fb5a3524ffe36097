/* system_user.h: the main domain as a domain, and the system's users as its
 * accounts, where no native pop3d serves them.
 */
#ifndef SYSTEM_USER_H
#define SYSTEM_USER_H

#include "account.h"
#include "err.h"
#include "installation.h"
#include "pam.h"
#include "pool.h"

/* All settings of a domain are at their defaults; inboxes lie at
 * main-mailboxes.  Lives in pool. */
struct domain *system_user_domain(const struct installation *in,
	    struct pool *pool);

/* The account of a user that PAM has let in.  It gets the group of the
 * directory of inboxes where that is how users may write there (/var/mail of
 * root and mail, mode 2775), else the user's own; domain's owner becomes that.
 * ERR_REFUSED: nobody may have mail as this user (root, a name that is none).
 * ERR_TEMPORARY: that directory cannot be looked at. */
int	system_user_account(struct domain *domain, struct pool *pool,
	    const struct pam_user *user, struct account **out,
	    struct err *err);

#endif
