/* param.h: the types of what operations are given, and their limits. */
#ifndef PARAM_H
#define PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "settings.h"
#include "str.h"

struct param_type {
	const char	*label;		/* how a synopsis shows it */
	size_t		 max;		/* bytes */
	bool		 is_flag;	/* an option without a value */
	/* NULL: any text */
	int		(*check)(struct slice value, struct err *err);
};

extern const struct param_type param_domain, param_account, param_alias,
    param_address, param_pattern, param_member, param_flag, param_word,
    param_file,
    param_domain_setting, param_account_setting, param_auto, param_switch,
    param_grant, param_quota, param_size;

/* ERR_INVALID: too long, not UTF-8, control characters, or not of the type. */
int	param_check(const struct param_type *type, struct slice value,
	    struct err *err);

/* Cuts "name = value" of an assignment that was checked. */
void	param_assignment(const char *text, struct slice *name,
	    struct slice *value);

#endif
