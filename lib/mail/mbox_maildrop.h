/* mbox_maildrop.h: what the parts of an mbox's maildrop share: opening it
 * (mbox_maildrop.c), reading messages (mbox_reading.c), and removing them
 * (mbox_update.c); all of them ask mbox_proof.h.
 *
 * The file is scanned under its locks, then read without them; so whatever is
 * read is checked to be still what was scanned before it is given away.
 */
#ifndef MBOX_MAILDROP_H
#define MBOX_MAILDROP_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "maildrop.h"
#include "mbox_check.h"
#include "mbox_entries.h"
#include "stamp.h"
#include "uids.h"

/* What tells whether a file has been changed since. */
struct mbox_state {
	struct timespec	changed;
	off_t		size;
	/* any later change has a later time stamp */
	bool		settled;
};

struct mbox_maildrop {
	struct maildrop		 drop;
	const struct mailbox	*mailbox;
	int			 fd;		/* the file that was scanned */
	struct stat		 st;		/* its identity */
	/* all of it was read at login; else a cache said some of it */
	bool			 fresh;
	/* as in struct mbox_file, at login */
	struct stamp	 since;
	/* when all of it was what was scanned, or what a cache says */
	struct mbox_state	 state;
	struct mbox_scan	 scan;
	/* the entry that is message 0 */
	size_t			 first;
	struct uid_hash		*hashes;	/* of the messages */
	struct uids		 uids;

	/* of reading: a short message as it is sent, read at once */
	char			*whole;
	size_t			 whole_at, whole_len;
	off_t			 at;		/* of any other one */
	/* what a cache says of it is proven while it is sent */
	struct mbox_check	*check;
	bool			 checking;
	off_t			 seen;		/* so far */
	/* at a line's start, or after '>' alone */
	bool			 in_row;
};

ssize_t	mbox_read_message(struct maildrop *drop, size_t index,
	    bool from_start, void *p, size_t size, struct err *err);
int	mbox_commit(struct maildrop *drop, struct deadline deadline,
	    struct err *err);

#endif
