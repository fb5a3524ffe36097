/* settle.h: a domain of another mail system made ours: its inboxes are served
 * where they lie.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include <stdbool.h>

#include "alias_intake.h"
#include "intake.h"
#include "operation.h"
#include "report.h"

struct settler {
	struct newcomer	 newcomer;	/* in_place is the caller's */
	const char	*path;		/* absolute; ends in / for a Maildir */
	bool		 has_owner;	/* ident says whose the inbox is */
};

struct settlement {
	const char	*domain;	/* as the other system has it */
	const char	*where;		/* FILE:LINE that names it */
	struct settler	**all;
	size_t		 count, room;
	struct new_alias **aliases;
	size_t		 alias_count, alias_room;
	const char	*fallback;	/* NULL: none */
	const char	*fallback_where;
};
void	drop_settlement(struct settlement *settlement);

void	settle_account(struct settlement *to, struct settler *settler);

/* text is members as an alias file has them, addresses alone.  ERR_INVALID:
 * they are none. */
int	settle_alias(struct settlement *to, struct pool *pool,
	    const char *file, unsigned line, const char *name,
	    struct slice text, struct err *err);

/* A domain that is not there yet is made, with the "inbox" and "owner" that fit
 * most of its accounts; one that is there keeps its settings.  Accounts that
 * they do not fit are told and left out.  -1: nothing more can be done. */
int	settle(struct call *call, struct settlement *settlement,
	    struct report *report, struct err *err);

#endif
