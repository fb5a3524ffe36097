/* user_forget.h: what is left of an earlier account is not the next one's.
 */
#ifndef USER_FORGET_H
#define USER_FORGET_H

#include "err.h"
#include "subject.h"

/* Before an account gets the name: what somebody of it was granted, granted,
 * or owned.  Told in notes. */
int	user_forget_earlier(const struct subject *subject, struct err *err);

/* The same of a new account, and with it the files that said where mail of the
 * name goes and how much there may be: they go to the trash. */
int	user_forget_all(const struct subject *subject, struct err *err);

/* Before an alias gets the name: its description, owners and membership. */
int	alias_forget_earlier(const struct subject *subject, struct err *err);

#endif
