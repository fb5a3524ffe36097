/* authority_alias.h: what of aliases global administrators keep for
 * themselves: commands, files and includes.
 *
 * They run as others, and can read and fill what is not the domain's.  So an
 * administrator of a domain can give an alias no such member, and cannot
 * change one that has it, in a way that nobody who may would have seen.
 */
#ifndef AUTHORITY_ALIAS_H
#define AUTHORITY_ALIAS_H

#include "operation.h"
#include "subject.h"

/* ERR_REFUSED: the word means such a member. */
int	authority_member(struct call *call, const char *word, struct err *err);

/* ERR_REFUSED: an entry of that name, in any of the domain's files, has such
 * a member, or is broken and may have been meant to. */
int	authority_alias(struct call *call, const struct subject *subject,
	    struct err *err);

#endif
