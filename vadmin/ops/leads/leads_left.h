/* leads_left.h: what would lead to nobody when an account's name is gone, and
 * what references.h finds is changed: forwards in homes, included files, and
 * whatever stands in domains that the caller does not see.
 */
#ifndef LEADS_LEFT_H
#define LEADS_LEFT_H

#include "account.h"
#include "references.h"

struct leads_left {
	struct call			*call;
	const struct account		*account;
	const struct account_reference	*name;
	/* an alias takes the name: "\name", which means the inbox, alone is
	 * left */
	bool				 alias_stays;
	/* the account goes, and its full name with it */
	bool				 goes;
	/* in a note of each */
	bool				 tells;

	/* what is found: how many that the caller sees, and whether there are
	 * others, of which he is told nothing more */
	size_t				 count;
	bool				 hidden;
};

int	leads_left_find(struct leads_left *left, struct err *err);

/* What is said to who does not see them. */
#define LEADS_LEFT_HIDDEN \
	"something outside of what is yours leads to %s@%s"

#endif
