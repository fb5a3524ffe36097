/* subject.h: what "U@D" on a command line means: a domain of ours and a
 * name. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "account.h"
#include "domain.h"
#include "operation.h"

struct subject {
	struct domain	*domain;
	const char	*name;		/* as it was given, without "user/" */
};

/* A value's two parts.  Without @D it is in the caller's own domain, for who
 * rules all in the main one.  ERR_INVALID: the caller has several. */
int	subject_split(const struct call *call, struct slice value,
	    struct slice *name, struct slice *domain, struct err *err);

/* A parameter's value.  ERR_ABSENT: no such domain.  ERR_INVALID: a setting of
 * the domain is broken. */
int	subject_of(struct call *call, const char *param, struct subject *out,
	    struct err *err);

/* The same for an account that must exist; cyradm's "user/joe@D" and
 * "user.joe@D" are joe. */
int	subject_account(struct call *call, const char *param,
	    struct account **out, struct err *err);

/* Another account of the domain, in any of these spellings, with @D or without;
 * *name is what is left of it where there is none (ERR_ABSENT).  ERR_INVALID:
 * it is of another domain. */
int	subject_fellow(struct call *call, const struct domain *domain,
	    struct slice given, const char **name, struct account **out,
	    struct err *err);

/* And for one that is to be made. */
int	subject_new_account(struct call *call, const char *param,
	    struct subject *out, struct err *err);

/* And for an alias, which may not exist; a quoted local part is meant without
 * its quotes. */
int	subject_alias(struct call *call, const char *param,
	    struct subject *out, struct err *err);

/* A domain of ours. */
int	subject_domain(struct call *call, const char *param,
	    struct domain **out, struct err *err);

/* The same for a value that is no parameter's alone. */
int	subject_of_value(struct call *call, struct slice value,
	    struct subject *out, struct err *err);
int	subject_account_of_value(struct call *call, struct slice value,
	    struct account **out, struct err *err);
int	subject_alias_of_value(struct call *call, struct slice value,
	    struct subject *out, struct err *err);

#endif
