/* qmail_files.h: the .qmail files of a domain's tree of Maildirs. */
#ifndef QMAIL_FILES_H
#define QMAIL_FILES_H

#include "maildir_tree.h"

/* .qmail-NAME, when all accounts are known: an alias, if it holds addresses and
 * Maildirs of accounts alone; and .qmail-default: the fallback. */
void	qmail_alias(struct maildir_tree *tree, const char *name);
void	qmail_default(struct maildir_tree *tree, const char *name);

#endif
