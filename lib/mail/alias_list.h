/* alias_list.h: the list of members behind "name:", or in an included file.
 *
 * Pure text; the grammar of both dialects of aliases(5).
 */
#ifndef ALIAS_LIST_H
#define ALIAS_LIST_H

#include "aliases.h"

/* What may stand in a list. */
enum alias_trust {
	ALIAS_ADDRESSES,	/* and \names: anybody's list */
	ALIAS_COMMANDS,		/* commands, too: an account's .forward */
	ALIAS_TRUSTED,		/* everything */
};

/* Reads members from text, whose first line is number line of its file; '\n'
 * in it is a line's end.  With by_line set lines separate members as commas
 * do.  *members lives in pool.  ERR_INVALID: what is wrong, and *line is
 * where. */
int	alias_list_parse(struct pool *pool, struct slice text, bool by_line,
	    enum alias_trust trust, unsigned *line, struct alias_member **members,
	    size_t *count, struct err *err);

#endif
