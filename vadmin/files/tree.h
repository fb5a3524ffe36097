/* tree.h: a directory removed with all that is in it.
 */
#ifndef TREE_H
#define TREE_H

#include "err.h"
#include "ident.h"

/* Removes dir/name, a file or a directory; nothing there is fine.  dir is the
 * caller's alone.  What lies below a directory is removed by a child that has
 * become who, whose it was: root goes into nothing that a user made. */
int	tree_remove(int dir, const char *name, struct ident who,
	    struct err *err);

/* The same without a word to a watcher (change.h). */
int	tree_destroy(int dir, const char *name, struct ident who,
	    struct err *err);

#endif
