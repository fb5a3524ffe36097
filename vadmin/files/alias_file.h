/* alias_file.h: aliases.D as it is edited: one entry changes, all the rest
 * stays byte for byte (alias_text.h).
 */
#ifndef ALIAS_FILE_H
#define ALIAS_FILE_H

#include "alias_text.h"
#include "domain.h"
#include "err.h"
#include "pool.h"
#include "str.h"

struct alias_members {
	struct alias_member	*member;
	size_t			 count;
};

/* An entry, and where it stands; the next one begins at next. */
struct alias_piece {
	struct alias_piece	*following;
	off_t			 start, next;
	const char		*name;		/* as it is written */
	struct slice		 text;		/* its own lines */
};

struct alias_file {
	const struct domain	*domain;
	struct pool		*pool;
	const char		*name;		/* aliases.D */
	const char		*alias;		/* the one that is edited */
	bool			 there;
	int			 fd;
	struct stat		 was;
	bool			 found;
	/* every entry of the name; the last one counts */
	struct alias_piece	*first, *last;
	size_t			 count;
	const char		*wrong;		/* its syntax error */
	struct alias_members	 members;
};

int	alias_file_read(const struct domain *domain, struct pool *pool,
	    const char *alias, struct alias_file *out, struct err *err);
void	drop_alias_file(struct alias_file *file);

/* members gets the count last ones new: they are put behind the entry's text,
 * which stays; the alias is made when missing. */
int	alias_file_add(struct alias_file *file,
	    const struct alias_members *members, size_t count, struct err *err);

/* The entry is written anew; comments inside it move in front of it. */
int	alias_file_set(struct alias_file *file,
	    const struct alias_members *members, struct err *err);

/* All entries of the name go: an earlier one would come to life. */
int	alias_file_remove(struct alias_file *file, struct err *err);

/* An entry as we write it; and its comments, as lines of their own. */
void	alias_entry_add(struct str *out, const char *name,
	    const struct alias_members *members);
void	alias_entry_comments(struct str *out, struct slice entry);

#endif
