/* mbox_check.h: whether bytes of an mbox that go by are the message that
 * somebody said they are.
 *
 * Who has a message's place and hash from a cache sends it, and has it scanned
 * on the way, without reading it twice.
 */
#ifndef MBOX_CHECK_H
#define MBOX_CHECK_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "mbox_entries.h"
#include "str.h"

enum {
	/* so many bytes of what follows a message tell that it is one */
	MBOX_CHECK_AHEAD = 5,		/* "From " */
};

struct mbox_check;

/* *check, or NULL for the first one, begins with the bytes at was->from: those
 * of a message that ends, with what separates it, at the offset end. */
int	mbox_check_begin(struct mbox_check **check,
	    const struct mbox_entry *was, off_t end, struct err *err);

/* The next bytes, in pieces of any length.  False: they are not of such a
 * message: it begins elsewhere, has a quoted line, or the next one begins in
 * it. */
bool	mbox_check_add(struct mbox_check *check, struct slice bytes);

/* The last ones: to the offset end, and as many of MBOX_CHECK_AHEAD behind it
 * as there are.  True: all was as it was said to be. */
bool	mbox_check_end(struct mbox_check *check, struct slice bytes);

void	drop_mbox_check(struct mbox_check **check);

#endif
