/* mbox_scan.h: an mbox file, looked through for its messages. */
#ifndef MBOX_SCAN_H
#define MBOX_SCAN_H

#include "err.h"
#include "mbox_entries.h"

/* Reads fd once, from the first message that begins at the offset from: all,
 * or at most max messages.  ERR_TEMPORARY: reading failed, or there is
 * something else than an mbox. */
int	mbox_scan(int fd, off_t from, size_t max, struct mbox_scan *out,
	    struct err *err);

#endif
