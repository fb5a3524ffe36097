/* maildir_tree.h: a domain's tree of Maildirs on its way to be ours. */
#ifndef MAILDIR_TREE_H
#define MAILDIR_TREE_H

#include "report.h"
#include "settle.h"
#include "table.h"

struct maildir_tree {
	struct call		*call;
	struct pool		*pool;
	struct report		report;
	const char		*path;		/* of the tree, absolute */
	int			 dir;
	struct settlement	 all;
	struct table		 names;		/* in vpasswd */
};

void	drop_maildir_tree(struct maildir_tree *tree);

/* The path of what lies in it. */
const char *maildir_tree_below(const struct maildir_tree *tree,
	    const char *name);

#endif
