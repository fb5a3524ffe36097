/* alias_claims.h: which of some entries of a domain's alias files count: of
 * several of one name it is the last one of the first file that has it.
 */
#ifndef ALIAS_CLAIMS_H
#define ALIAS_CLAIMS_H

#include "alias_places.h"
#include "table.h"

struct alias_claim {
	const char	*name, *file;
	unsigned	 line;		/* of the entry */
	unsigned	 member;	/* the line that matters */
	bool		 counts;
};

struct alias_claims {
	struct pool		 pool;
	struct alias_claim	*all;
	size_t			 count, room;
};
void	drop_alias_claims(struct alias_claims *claims);

/* counts is true of all until they are judged. */
void	alias_claims_add(struct alias_claims *claims,
	    const struct alias_entry *entry, unsigned member);

/* A few are asked for; for more each file is read once.  What cannot be read
 * makes none pass over. */
void	alias_claims_judge(struct alias_claims *claims,
	    const struct domain *domain);

#endif
