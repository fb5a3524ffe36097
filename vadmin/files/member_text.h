/* member_text.h: the text of an alias's entry, or of a forward, with other
 * members.
 */
#ifndef MEMBER_TEXT_H
#define MEMBER_TEXT_H

#include <stdbool.h>

#include "alias_file.h"
#include "alias_scan.h"
#include "str.h"

/* An entry that changes. */
struct member_edit {
	struct member_edit	*next;
	struct alias_extent	 extent;
	unsigned		 lines;		/* its own */
	const char		*name;
	struct alias_members	 old, new;
};

/* Without case. */
bool	member_is_same(const struct alias_member *a,
	    const struct alias_member *b);

/* Adds the entry, which is text now.  in_place: each changed member where it
 * stands; else, or where one is not to be found as it is read or cannot be
 * written there, the entry is written anew, behind its comments.  is_list: it
 * is a forward. */
void	member_edit_put(const struct member_edit *edit, struct slice text,
	    bool in_place, bool is_list, struct str *out);

#endif
