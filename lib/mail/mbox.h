/* mbox.h: the mbox kind of mailbox, and appending to any mbox file. */
#ifndef MBOX_H
#define MBOX_H

#include "maildrop.h"
#include "mailbox.h"
#include "mbox_file.h"

/* Appends one message to a file that is locked: From_ line, quoting, empty
 * line at the end; synced.  On -1 the file is as it was. */
int	mbox_append(struct mbox_file *file, const struct delivery *delivery,
	    struct err *err);

/* What is appended: who writes it, how many bytes it is, and the first of
 * them, up to the end of its From_ line. */
struct mbox_writing {
	int		(*write)(void *arg, int fd, struct err *err);
	void		*arg;
	uint64_t	 len;
	struct slice	 head;
};

/* The same of what is an entry of an mbox already. */
int	mbox_append_entry(struct mbox_file *file,
	    const struct mbox_writing *entry, struct err *err);

/* The kind's maildrop (mbox_maildrop.c). */
int	mbox_open_maildrop(const struct mailbox *mailbox, struct deadline d,
	    struct maildrop **out, struct err *err);

#endif
