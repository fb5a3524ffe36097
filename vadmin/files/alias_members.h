/* alias_members.h: the members of an alias, as they are typed and compared:
 * addresses are the same without case, and with or without the domain.
 */
#ifndef ALIAS_MEMBERS_H
#define ALIAS_MEMBERS_H

#include "alias_file.h"
#include "subject.h"

/* Each word is one member.  ERR_INVALID: what is wrong with which. */
int	alias_members_read(struct pool *pool, const struct setting_words *words,
	    struct alias_members *out, struct err *err);

bool	alias_members_hold(const struct subject *subject, struct pool *pool,
	    const struct alias_members *members,
	    const struct alias_member *wanted);

/* The first of some that is not among all; NULL: they all are. */
const struct alias_member *alias_members_lacking(const struct subject *subject,
	    struct pool *pool, const struct alias_members *all,
	    const struct alias_members *some);

/* all = old, and what of more it lacks; the number of those. */
size_t	alias_members_join(const struct subject *subject, struct pool *pool,
	    const struct alias_members *old, const struct alias_members *more,
	    struct alias_members *all);

/* left = those of all that are not in gone. */
void	alias_members_without(const struct subject *subject, struct pool *pool,
	    const struct alias_members *all, const struct alias_members *gone,
	    struct alias_members *left);

/* A note for each that mail would not find: a mistyped one is told, not
 * refused, for the account may come later. */
void	alias_members_warn(struct call *call, const struct subject *subject,
	    const struct alias_members *members);

/* A note where the alias, whose file has all of these by now, is a loop, or a
 * member of itself without an account of its name. */
void	alias_members_warn_loop(struct call *call,
	    const struct subject *subject, const struct alias_members *all);

#endif
