/* user_rename.h: what the parts of "user rename" share. */
#ifndef USER_RENAME_H
#define USER_RENAME_H

#include <stdbool.h>

#include "account.h"
#include "operation.h"

/* What the record says, behind the old name, of the alias with that name. */
#define KEEPS		"alias"		/* one is made, and stays */
#define TAKES		"no alias"	/* one is made, and goes in the end */
#define HAS		"has alias"	/* there was one */

struct renaming {
	struct call		*call;
	struct domain		*domain;
	const char		*from, *to;
	/* U@D in lower case */
	const char		*record;
	const char		*alias;		/* one of the above */
	/* by its old name */
	struct account		 account;
	/* an earlier call has begun it */
	bool			 again;
	/* passwd.D has the new name alone */
	bool			 switched;
};

/* Changes whatever still names "from", who is "to" now, and refuses where
 * something of that name lies: nothing, where nobody changed anything since a
 * rename that was taken back. */
int	user_rename_rest(struct call *call, struct domain *domain,
	    const char *from, const char *to, struct err *err);

/* --- user_rename_lines.c; each can be repeated */

/* Finds out whether it is switched. */
int	rename_look(struct renaming *r, struct err *err);

/* A line that has NEW's name and can be nobody's: NEW is known, and waits. */
int	rename_announce(struct renaming *r, struct err *err);

/* NEW's password is there before NEW, and U's until U is gone. */
int	rename_copy_shadow(struct renaming *r, struct err *err);
int	rename_forget_shadow(struct renaming *r, struct err *err);

/* U's line becomes NEW's, and NEW's broken one goes. */
int	rename_switch_names(struct renaming *r, struct err *err);

/* What U owned NEW owns, and its profile says NEW. */
int	rename_owner(const struct renaming *r, struct err *err);

/* U leads to NEW, unless there is an alias U. */
int	rename_add_alias(const struct renaming *r, struct err *err);

/* ERR_EXISTS: an alias NEW would get the account's mail. */
int	rename_check_alias(const struct renaming *r, struct err *err);

/* An alias of this name that leads to NEW alone. */
int	rename_remove_alias(const struct renaming *r, const char *name,
	    struct err *err);

#endif
