/* undo_way.h: what takes the changes back that "undo" does not. */
#ifndef UNDO_WAY_H
#define UNDO_WAY_H

#include "entry.h"
#include "pool.h"

/* What was made in steps of its own is not in the journal whole.  NULL: it is
 * in it, and "undo" takes it back; else the command that does, or "none: "
 * and why there is none. */
const char *undo_way(const struct entry_file *entry, struct pool *pool);

#endif
