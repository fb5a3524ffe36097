/* undo_way.h: the command that does the opposite of an operation in several
 * steps, as things are now.
 */
#ifndef UNDO_WAY_H
#define UNDO_WAY_H

#include "entry.h"
#include "operation.h"
#include "pool.h"

/* NULL: there is none. */
const char *undo_way(const struct entry_file *entry, struct pool *pool);

/* The same for people, and when: it is refused where the old name has another
 * owner by now. */
const char *undo_way_when(const struct entry_file *entry, struct call *call);

/* Entries of version 1 do not have all steps of such an operation: only the
 * command takes them back. */
bool	undo_way_only(const struct entry_file *entry, struct pool *pool);

#endif
