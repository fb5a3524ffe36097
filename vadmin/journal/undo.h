/* undo.h: an entry of the journal taken back, step by step from its end. */
#ifndef UNDO_H
#define UNDO_H

#include "entry.h"
#include "err.h"
#include "installation.h"

/* Whether it can be at all: NULL, or what is gone for good. */
const char *undo_obstacle(const struct entry_file *entry, struct pool *pool);

/* The changes go through change.h, so they make an entry of their own.
 * ERR_REFUSED names what is not as the entry left it; what was taken back before
 * that stays so: rehearse it first. */
int	undo_entry(const struct installation *in,
	    const struct entry_file *entry, struct err *err);

#endif
