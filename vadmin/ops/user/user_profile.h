/* user_profile.h: what is said of an account, shown. */
#ifndef USER_PROFILE_H
#define USER_PROFILE_H

#include "account.h"
#include "operation.h"
#include "output.h"
#include "str.h"

/* A row for each thing that is said, in the order of the settings; the full
 * name and the limit left out. */
void	user_profile_show(struct call *call, const struct account *account,
	    struct slice gecos, struct sheet *sheet);

#endif
