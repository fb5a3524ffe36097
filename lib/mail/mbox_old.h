/* mbox_old.h: an mbox file whose place a new one has taken, for as long as
 * others may write to it.
 *
 * A program that had opened it and waits for the kernel's lock, or had neither
 * lock yet, appends to a file that has no name any more, and believes that the
 * mail is delivered.  So what comes there is appended to the new mbox: messages
 * that were not there before, wherever they are now, because programs write
 * header fields of theirs into the others (those that no unique id has,
 * mbox_scanner.c), or remove some.  One that was changed otherwise counts as
 * new: it comes twice rather than not at all.
 */
#ifndef MBOX_OLD_H
#define MBOX_OLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "deadline.h"
#include "err.h"
#include "mailbox.h"
#include "mbox_entries.h"
#include "mbox_file.h"

struct mbox_old {
	int		 fd;		/* read only; -1: none */
	/* as it was when all of it was looked at; the rename is no change */
	off_t		 size;
	struct timespec	 modified;
	bool		 settled;	/* a change has another time */
	/* what is in the new one, or was removed */
	struct uid_hash	*taken;
	size_t		 count;
};
#define MBOX_OLD_NONE	((struct mbox_old){ .fd = -1 })

/* Before the new one takes its place, with the locks: scan is what was found
 * in the file, up to where it ends; what follows there is taken, too, up to the
 * file's size when the locks were had. */
int	mbox_old_open(const struct mbox_file *file,
	    const struct mbox_scan *scan, struct mbox_old *old,
	    struct err *err);

/* When it has, without any lock, and with no descriptor of ours left that can
 * write to the old one: moves the messages that come there, each by an append
 * under the locks of the new one, until nobody has it open for writing.  Who
 * has it open and neither writes nor holds its lock is waited for for a second and
 * a half; who holds the lock for writing, until the deadline.  -1: what was
 * written may be missing in the new one. */
int	mbox_old_empty(struct mbox_old *old, const struct mailbox *mailbox,
	    struct deadline deadline, struct err *err);
void	drop_mbox_old(struct mbox_old *old);

#endif
