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

/* A parameter's value.  Without @D it is in the main domain.  ERR_ABSENT: no
 * such domain.  ERR_INVALID: a setting of the domain is broken. */
int	subject_of(struct call *call, const char *param, struct subject *out,
	    struct err *err);

/* The same for an account that must exist; cyradm's "user/joe@D" and
 * "user.joe@D" are joe. */
int	subject_account(struct call *call, const char *param,
	    struct account **out, struct err *err);

/* And for one that is to be made. */
int	subject_new_account(struct call *call, const char *param,
	    struct subject *out, struct err *err);

/* A domain of ours. */
int	subject_domain(struct call *call, const char *param,
	    struct domain **out, struct err *err);

#endif
