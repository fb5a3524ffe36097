/* restoring.h: a domain, or one of its accounts, out of a backup.
 *
 * passwd.D, or the account's line in it, comes last: until then its mail waits
 * and nobody logs in, whenever it is interrupted.
 */
#ifndef RESTORING_H
#define RESTORING_H

#include "account.h"
#include "archive_read.h"
#include "domain.h"
#include "operation.h"
#include "restore_record.h"
#include "table.h"

/* An account as the backup has it, with its lines as they are to be. */
struct restored {
	const char	*name;
	struct slice	 passwd, shadow;	/* whole lines, in pool */
	struct account	 account;		/* what it will be */
	bool		 has_home;
	uint64_t	 at, end;		/* its members */
	struct restored	*next;
};

struct restoring {
	struct call			*call;
	struct archive_reader		*reader;
	const struct archive_domain	*from;
	struct restore_record		*record;
	const char			*only;	/* an account; NULL: all */
	struct domain			*domain;	/* here */
	struct restored			*first, **last;
	size_t				 count;
	struct table			 names;	/* of accounts, lower case */
	struct pool			 pool;
};

int	restore_domain(struct restoring *r, struct err *err);
int	restore_account(struct restoring *r, struct err *err);

/* ERR_REFUSED: an operation on the domain, or on an account of it, was interrupted
 * and has to be finished first. */
int	restoring_check_begun(struct restoring *r, struct err *err);

/* The same, or ERR_EXISTS: what is to be restored is a domain here, or a domain
 * alias. */
int	restoring_check_name(struct restoring *r, struct err *err);

/* Its accounts (or the only one) listed, with lines that are well-formed. */
int	restoring_collect(struct restoring *r, struct err *err);

/* Their user ids settled and recorded, and their lines changed to match. */
int	restoring_settle(struct restoring *r, struct err *err);

/* Its mail, files, limit and home. */
int	restoring_things(struct restoring *r, const struct restored *one,
	    struct err *err);

/* A file of DIR gets the text; one that is there already must have it. */
int	restoring_text(const struct installation *in, const char *name,
	    mode_t mode, struct slice text, struct err *err);

/* The same for a small file of root's in the spool. */
int	restoring_file(const struct domain *domain, int dir, const char *name,
	    mode_t mode, struct slice text, struct err *err);

#endif
