/* limit.h: how much an account's inbox may hold.
 *
 * spool/D/U.quota, else "inbox-limit" of the domain.  The file counts only when
 * root or the owner owns it; its first integer is kB (1024 bytes), 0 is no
 * limit; "none" is no limit, "disabled" that nothing is accepted.  Without one
 * of these it is as if it were missing.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "err.h"

#define LIMIT_NONE	UINT64_MAX

struct limit {
	bool		disabled;
	uint64_t	bytes;		/* LIMIT_NONE: as many as there are */
	bool		own;		/* U.quota says so, not domain.D */
};

/* As root, as the account or as the owner. */
int	limit_read(const struct account *account, struct limit *out,
	    struct err *err);

/* Whether there may be one: a guess that errs on the side of yes.  It opens
 * nothing. */
bool	limit_may_exist(const struct account *account);

/* What the text of U.quota says.  False: nothing. */
bool	limit_parse(struct slice text, struct limit *out);

#endif
