/* account_settings.h: the settings of an account: what "user add" and "user
 * set" take as NAME=VALUE, who may change it, and where it is kept.
 */
#ifndef ACCOUNT_SETTINGS_H
#define ACCOUNT_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

/* Rows as of domain.D; every value is text. */
struct account_settings {
	const char	*value;
};
extern const struct setting account_settings[];

enum account_place {
	KEPT_IN_GECOS,		/* of passwd.D: index is the part */
	KEPT_IN_PROFILE,	/* files/D/U.profile */
	KEPT_AS_ALIAS,		/* there, and as an alias */
	KEPT_AS_QUOTA,		/* spool/D/U.quota */
	KEPT_AS_FILTER,		/* files/D/U.filter */
	KEPT_AS_FORWARD,	/* files/D/U.forward */
};

struct account_field {
	const char		*name;
	enum account_place	 place;
	size_t			 index;
	/* the account itself may change it, not only an administrator */
	bool			 own;
	/* of the profile and the filter: its column in a CSV, where
	 * "address" is the account's own */
	const char		*column;
};
enum { ACCOUNT_FIELDS = 16 };

/* In the order of account_settings; ends with a row without a name. */
extern const struct account_field account_fields[];

const struct account_field *account_field(struct slice name);

/* Of the values of an account, by the rows of account_fields; "" where it is
 * not said. */
const char *account_value(const char *const values[ACCOUNT_FIELDS],
	    const char *name);

#endif
