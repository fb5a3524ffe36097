/* undo_brought.h: what a restore or an import from Linuxconf has brought goes
 * away again: domains and accounts go to the trash with all their mail, also what
 * came since.
 */
#ifndef UNDO_BROUGHT_H
#define UNDO_BROUGHT_H

#include "entry.h"
#include "operation.h"
#include "unfinished.h"

/* 1: it is gone; 0: the entry has brought no domain and no account. */
int	undo_brought(struct call *call, const struct entry_file *entry,
	    struct err *err);

/* Whether that is the deletion of a domain that the entry's undo has begun. */
bool	undo_brought_deletes(const struct entry_file *entry,
	    const struct unfinished *what);

#endif
