/* maildir_scan.h: the messages of a Maildir, in the order of their delivery.
 *
 * Other programs rename messages at any time (new to cur, other flags), and a
 * directory that is read meanwhile may miss some: so it is read until nobody
 * has touched it meanwhile, or two passes agree.
 */
#ifndef MAILDIR_SCAN_H
#define MAILDIR_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "maildir.h"
#include "pool.h"
#include "stamp.h"
#include "str.h"

struct maildir_entry {
	const char	*name;		/* the file, in new or cur */
	bool		 in_cur;
	/* the file itself, whatever its name is */
	uint64_t	 inode;
	uint64_t	 time;		/* of delivery, as the name says */
	uint64_t	 microseconds;	/* since then; 0: it does not say */
};

struct maildir_scan {
	/* the same unique names side by side */
	struct maildir_entry	*entries;
	size_t			 count, room;
	struct pool		 pool;		/* of the names */
	uint64_t		 digest;	/* of all names, in any order */
	/* the entries were there all at one time; else mail came and went too
	 * fast to tell */
	bool			 settled;
	/* of new and cur; still: when all was read, and any change since has
	 * given them others */
	struct stamp		 stamps[2];
	bool			 still;
	/* a file has the number that its directory tells of it: on some file
	 * systems (of FUSE) it has another one */
	bool			 inodes_tell;
};

/* Links, and what is no regular file, are not messages. */
int	maildir_scan(const struct maildir *dirs, struct maildir_scan *out,
	    struct err *err);
void	drop_maildir_scan(struct maildir_scan *scan);

/* Nobody has added, renamed or removed anything since.  False where that cannot
 * be told, too. */
bool	maildir_scan_holds(const struct maildir *dirs,
	    const struct maildir_scan *scan);

/* The same, and no two of them have the same unique name: files that do
 * (somebody copied one back, say) are told apart for good, by a new name for all
 * but the one that was there first (maildir_twins.c). */
int	maildir_scan_apart(const struct maildir *dirs,
	    struct maildir_scan *out, struct err *err);

/* The entries that have the unique name of this name: *count of them. */
const struct maildir_entry *maildir_scan_named(
	    const struct maildir_scan *scan, const char *name, size_t *count);

#endif
