/* maildir_tree.c: a domain's tree of Maildirs on its way to be ours. */
#include "maildir_tree.h"

#include "fd.h"

void
drop_maildir_tree(struct maildir_tree *tree)
{
	drop_report(&tree->report);
	drop_fd(&tree->dir);
	drop_settlement(&tree->all);
	drop_table(&tree->names);
}

const char *
maildir_tree_below(const struct maildir_tree *tree, const char *name)
{
	return pool_format(tree->pool, "%s/%s", tree->path, name);
}
