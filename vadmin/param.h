/* param.h: the types of what operations are given, and their limits. */
#ifndef PARAM_H
#define PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "settings.h"
#include "str.h"

/* What there may be of it: for who completes words. */
enum param_known {
	KNOWN_NOTHING,
	KNOWN_CHOICES,		/* the label's small words */
	KNOWN_DOMAINS,
	KNOWN_ACCOUNTS,
	KNOWN_DOMAINS_AND_ACCOUNTS,
	KNOWN_DELETED_DOMAINS,
	KNOWN_DELETED_ACCOUNTS,
	KNOWN_ALIASES,
	KNOWN_AUTOS,
	KNOWN_SETTINGS,
	KNOWN_OPERATIONS,
	KNOWN_FILES,
};

/* What a value of the type says of the call's subject, for who rules not
 * everything (authority.h).  What a type does not say is refused to all of
 * them: a new one has to. */
enum param_subject {
	SUBJECT_UNSAID,
	SUBJECT_NOTHING,	/* any value is as good as another */
	SUBJECT_DOMAIN,
	SUBJECT_DOMAIN_PATTERN,	/* a domain, or a pattern that shows his */
	SUBJECT_ACCOUNT,
	SUBJECT_ALIAS,		/* of his domain; of an account: that it owns */
	SUBJECT_MEMBERSHIP,	/* the same, where it may come and go */
	SUBJECT_ADDRESS,	/* of his domain: an autoresponder, a recipient */
	SUBJECT_MEMBER,		/* where mail may be sent */
	SUBJECT_FILE,		/* is opened with our rights */
	SUBJECT_FIELD,		/* NAME=VALUE of an account */
	PARAM_SUBJECTS,
};

struct param_type {
	const char	*label;		/* how a synopsis shows it */
	const char	*rule;		/* one sentence, for people */
	size_t		 max;		/* bytes */
	bool		 is_flag;	/* an option without a value */
	enum param_subject subject;
	enum param_known known;
	/* KNOWN_SETTINGS: these */
	const struct setting *settings;
	/* NULL: any text */
	int		(*check)(struct slice value, struct err *err);
};

extern const struct param_type param_domain, param_account, param_alias,
    param_address, param_pattern, param_member, param_flag, param_word,
    param_file,
    param_domain_setting, param_account_setting, param_auto, param_switch,
    param_grant, param_quota, param_number, param_filter,
    param_operation, param_shell, param_sample, param_domain_pattern, param_admin,
    param_principal, param_postfix, param_membership, param_size,
    param_successor, param_domains;

/* ERR_INVALID: too long, not UTF-8, control characters, or not of the type. */
int	param_check(const struct param_type *type, struct slice value,
	    struct err *err);

/* Cuts "name = value" of an assignment that was checked. */
void	param_assignment(const char *text, struct slice *name,
	    struct slice *value);

#endif
