/* user_settings.h: what "user add" and "user set" are given as NAME=VALUE:
 * checked all together, then put where it is kept.
 */
#ifndef USER_SETTINGS_H
#define USER_SETTINGS_H

#include "account.h"
#include "account_settings.h"
#include "operation.h"
#include "profile.h"

struct user_settings {
	/* by the rows of account_fields; NULL: not given */
	const char	*given[ACCOUNT_FIELDS];
	/* of the account, or of one that is to be made */
	struct account	 account;
	bool		 is_new;
	struct profile	 old;
};

/* Of NAME=VALUE the last one counts.  Nothing is changed before all of it is
 * known to be good, and allowed. */
int	user_settings_take(struct call *call, const struct account *account,
	    bool is_new, struct user_settings *out, struct err *err);

/* Adds GECOS with what is given of it. */
void	user_settings_gecos(const struct user_settings *settings,
	    struct slice old, struct str *out);
bool	user_settings_touch_gecos(const struct user_settings *settings);

/* Everything but GECOS.  For a new account before it is there, so that its
 * first message goes where it should. */
int	user_settings_apply(struct call *call,
	    const struct user_settings *settings, struct err *err);

#endif
