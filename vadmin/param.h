/* param.h: the types of what operations are given, and their limits. */
#ifndef PARAM_H
#define PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "settings.h"
#include "str.h"

/* What a value of the type says of the call's subject, for who rules not
 * everything (authority.h).  What a type does not say is refused to all of
 * them: a new one has to. */
enum param_subject {
	SUBJECT_UNSAID,
	SUBJECT_NOTHING,	/* any value is as good as another */
	SUBJECT_DOMAIN,
	SUBJECT_DOMAIN_PATTERN,	/* a domain, or a pattern that shows his */
	SUBJECT_ACCOUNT,
	SUBJECT_ALIAS,		/* of his domain */
	SUBJECT_ADDRESS,	/* of his domain: an autoresponder, a recipient */
	SUBJECT_MEMBER,		/* where mail may be sent */
	SUBJECT_FILE,		/* is opened with our rights */
	SUBJECT_FIELD,		/* NAME=VALUE of an account */
	PARAM_SUBJECTS,
};

struct param_type {
	const char	*label;		/* how a synopsis shows it */
	size_t		 max;		/* bytes */
	bool		 is_flag;	/* an option without a value */
	enum param_subject subject;
	/* NULL: any text */
	int		(*check)(struct slice value, struct err *err);
};

extern const struct param_type param_domain, param_account, param_alias,
    param_address, param_pattern, param_member, param_flag, param_word,
    param_file,
    param_domain_setting, param_account_setting, param_auto, param_switch,
    param_grant, param_quota, param_domain_pattern, param_admin,
    param_principal, param_number;

/* ERR_INVALID: too long, not UTF-8, control characters, or not of the type. */
int	param_check(const struct param_type *type, struct slice value,
	    struct err *err);

/* The settings of an account: rows as of domain.D, kept elsewhere. */
struct account_settings {
	const char	*name;
	const char	*quota;
	/* whatever this version does not have */
	const char	*later;
};
extern const struct setting account_settings[];

/* Whether a setting of an account is the account's own to change. */
bool	param_is_own_field(struct slice name);

/* Cuts "name = value" of an assignment that was checked. */
void	param_assignment(const char *text, struct slice *name,
	    struct slice *value);

#endif
