/* alias_member.h: what a member of a list means, for who parses lists; see
 * aliases.h for all others.
 */
#ifndef ALIAS_MEMBER_H
#define ALIAS_MEMBER_H

#include <stdbool.h>

#include "aliases.h"

#define INCLUDE_MARK	":include:"

/* text is what stands behind the quotes and without comments; part is what of it
 * matters.  ERR_INVALID: it is no member. */
int	alias_member_classify(struct pool *pool, struct slice text,
	    enum alias_kind *kind, struct slice *part, struct err *err);

/* "|command", "/file", ":include:/file" and "\\name" may stand in quotes as a
 * whole.  "\name" is a quoted local part. */
bool	alias_member_is_quoted(struct slice rest);
bool	alias_member_is_include(struct slice text);

#endif
