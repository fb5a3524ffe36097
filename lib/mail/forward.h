/* forward.h: what an account's .forward says.
 *
 * files/D/U.forward of the spool first, else .forward of the home; an empty one
 * is none.  It counts when it belongs to root, the owner or the account and
 * nobody else can write to it.  One that an administrator wrote into files/D
 * may hold what a trusted alias file may; the account's own only addresses and
 * \names, and commands where the domain has "user-commands".
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "account.h"
#include "aliases.h"

/* As the account: whether there may be one.  *exists is a guess that errs on
 * the side of yes. */
int	forward_exists(const struct account *account, bool *exists,
	    struct err *err);

/* As root or the owner: the account's own file is read by a process that has
 * become the account.  ERR_ABSENT: there is none that counts; its text, when
 * there is any, tells of one that does not.  A process that can neither be nor
 * become the account finds none.  *out lives in pool. */
int	forward_find(const struct account *account, struct pool *pool,
	    struct alias_entry **out, struct err *err);

#endif
