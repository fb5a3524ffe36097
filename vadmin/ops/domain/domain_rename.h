/* domain_rename.h: what the parts of "domain rename" share. */
#ifndef DOMAIN_RENAME_H
#define DOMAIN_RENAME_H

#include "domain.h"
#include "operation.h"
#include "str.h"

struct domain_rename {
	struct call	*call;
	const char	*from, *to;
	/* by the name that it has at the moment */
	struct domain	*domain;
	const char	*homes_from, *homes_to;	/* with a '/' at their ends */
};

/* The text of domain.D becomes that of domain.NEW: files of the domain's own
 * among extra-aliases, and inboxes below what moves. */
int	domain_rename_settings(const struct domain_rename *r, struct str *text,
	    struct err *err);

/* The lines of dir/name that begin with prefix ("": all) are passwd.D's behind it:
 * homes below homes/D become homes below homes/NEW. */
int	domain_rename_homes_in(const struct domain_rename *r, int dir,
	    const char *name, const char *prefix, struct err *err);

/* What is remembered of deleted accounts goes with the domain. */
int	domain_rename_records(const struct domain_rename *r, struct err *err);

/* What names it elsewhere: domain aliases, members of aliases and forwards,
 * fallbacks, extra alias files of other domains, addresses, vmail.conf.  The
 * old name works, so none of it is urgent. */
int	domain_rename_others(const struct domain_rename *r, struct err *err);

#endif
