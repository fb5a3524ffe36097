/* members.h: members of alias files and of forwards, looked at and exchanged.
 *
 * Whatever else stands in the file stays byte for byte; where an entry is
 * written so that a member cannot be exchanged in its place, the entry is
 * written anew and keeps its comments.  What was written is read again with the
 * resolver's own parser before it replaces the file.
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "aliases.h"
#include "err.h"
#include "installation.h"
#include "pool.h"

/* Each member of each entry that can be read.  True: *new, which lives in pool,
 * takes its place. */
typedef bool member_visitor(void *arg, struct pool *pool,
	    const struct alias_entry *entry, size_t index,
	    struct alias_member *new);

struct members_visit {
	member_visitor	*visit;
	void		*arg;
	/* of an alias file only members that may mean it; NULL: all */
	const char	*account;
	size_t		 changed;	/* entries; counts on */
};

/* An alias file of the installation's directory; a missing one has no members.
 * ERR_INVALID: the new text would not be read as it is meant. */
int	members_of_file(const struct installation *in, const char *file,
	    struct members_visit *visit, struct err *err);

/* A forward, dir/name: its path is for messages, and its one entry has the name
 * "".  What is no plain file with one name has no members. */
int	members_of_forward(int dir, const char *name, const char *path,
	    struct members_visit *visit, struct err *err);

#endif
