/* mbox.h: the mbox kind of mailbox, and appending to any mbox file. */
#ifndef MBOX_H
#define MBOX_H

#include "drop.h"
#include "mailbox.h"
#include "mbox_file.h"

/* Appends one message to a file that is locked: From_ line, quoting, empty
 * line at the end; synced.  On -1 the file is as it was. */
int	mbox_append(struct mbox_file *file, const struct delivery *delivery, struct err *err);

/* The kind's maildrop (mbox_drop.c). */
int	mbox_open_drop(const struct mailbox *mailbox, struct deadline d, struct drop **out,
	    struct err *err);

#endif
