/* pam.h: asking PAM about a password, by the program vpam: whatever modules do,
 * they do it elsewhere.
 */
#ifndef PAM_H
#define PAM_H

#include <stdbool.h>

#include "deadline.h"
#include "err.h"
#include "ident.h"
#include "pool.h"
#include "str.h"

struct pam_question {
	const char	*service;
	const char	*user;		/* no control characters */
	struct slice	 password;
	/* of the client, for modules and their logs; "-": there is none */
	const char	*peer;
	/* it is to be a user of the system */
	bool		 wants_ids;
	struct deadline	 deadline;
};

/* Of the system's user; wants_ids alone. */
struct pam_user {
	const char	*name;		/* as the system has it */
	struct ident	 ident;		/* not checked: may be root */
};

/* 0: the password is right and the account may be used.  ERR_REFUSED: it is not
 * so; err says why, for the log.  ERR_TEMPORARY: it could not be found out, or
 * took longer than 30 s; all that was started is gone.  *user lives in pool; it
 * may be NULL. */
int	pam_ask(const struct pam_question *question, struct pool *pool,
	    struct pam_user *user, struct err *err);

#endif
