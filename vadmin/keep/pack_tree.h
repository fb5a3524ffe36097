/* pack_tree.h: a directory with all that is in it, as parcels. */
#ifndef PACK_TREE_H
#define PACK_TREE_H

#include "err.h"
#include "pack_file.h"

/* A Maildir wherever there is one. */
int	pack_tree(struct packing *p, int dir, const char *path,
	    struct err *err);

/* new and cur of a Maildir (pack_messages.c): all messages that were there
 * together. */
int	pack_messages(struct packing *p, int dir, const char *path,
	    struct err *err);

#endif
