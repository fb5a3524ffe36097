/* maildir_again.h: where the messages of a scan are now.
 *
 * Other programs rename them, often all at once (an IMAP server moves them from
 * new to cur).  One look at both directories tells of all of them; another one
 * is taken when it turns out to be old.
 */
#ifndef MAILDIR_AGAIN_H
#define MAILDIR_AGAIN_H

#include <stdbool.h>

#include "err.h"
#include "maildir.h"
#include "maildir_scan.h"

struct maildir_again {
	struct maildir_scan	 now;	/* the last look */
	bool			 looked;
};
void	drop_maildir_again(struct maildir_again *again);

/* The entry's file no longer has the entry's name: looks for it by its unique
 * name, in both directories, and gives the entry the name that it has, kept in
 * the pool of its scan.  That may be an old one, too: ask again, then.
 * ERR_ABSENT: no file had that unique name when we looked; ERR_TEMPORARY: only
 * another one had. */
int	maildir_find_again(const struct maildir *dirs,
	    struct maildir_scan *scan, struct maildir_again *again,
	    struct maildir_entry *entry, struct err *err);

#endif
