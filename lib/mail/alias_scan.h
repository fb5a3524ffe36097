/* alias_scan.h: the entries of one alias file that is open.
 *
 * path is for messages alone; whose file it is, and who reads it, is the
 * caller's business (aliases.c, alias_apart.c).
 */
#ifndef ALIAS_SCAN_H
#define ALIAS_SCAN_H

#include <sys/types.h>

#include "aliases.h"
#include "textindex.h"

struct alias_question {
	bool		include;	/* the whole file is one list */
	struct slice	name;		/* else: the entry of this name */
	/* a .forward: it must belong to owner or root, and to be closed */
	bool		own;
	uid_t		owner;
	/* what may not be looked at is not there */
	bool		may_be_closed;
	/* commands may stand in a file that is not trusted */
	bool		commands;
	/* where entries of the name begin; NULL: the file alone tells */
	const struct textindex_places *places;
};

/* The answer, in pool; ERR_ABSENT: no entry of that name. */
int	alias_scan(struct pool *pool, const char *path, int fd, bool trusted,
	    const struct alias_question *question, struct alias_entry **out,
	    struct err *err);

/* Every entry, as if the file were trusted. */
int	alias_scan_each(const char *path, int fd, alias_visitor *visit,
	    void *arg, struct err *err);

/* Where an entry stands: up to where the next one begins, or the text ends;
 * comments behind its last line belong to nobody. */
struct alias_extent {
	off_t	start, next;
};

/* The same from there on (NULL: from the beginning), where an entry begins.  1
 * ends it. */
typedef int alias_extent_visitor(void *arg, const struct alias_entry *entry,
	    const struct alias_extent *extent, struct err *err);
int	alias_scan_extents(const char *path, int fd,
	    const struct textindex_place *from, alias_extent_visitor *visit,
	    void *arg, struct err *err);

/* An entry whose list is not read: alias_list_parse() does that.  1 ends it. */
struct alias_lines {
	struct slice	 name;		/* with NUL bytes where it has some */
	struct slice	 list;
	off_t		 offset;	/* from where reading began */
	unsigned	 line;
	const char	*wrong;		/* or NULL */
};

typedef int alias_lines_visitor(void *arg, const struct alias_lines *entry,
	    struct err *err);
int	alias_scan_lines(int fd, unsigned lines_before,
	    alias_lines_visitor *visit, void *arg, struct err *err);

#endif
