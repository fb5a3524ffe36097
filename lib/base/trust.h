/* trust.h: whether nobody but root and an owner can have written something.
 *
 * As root only root's files are trusted, in directories that nobody else can
 * write to (sticky ones excepted).  Without root the files of root and of the
 * installation's owner are, and their directories are the owner's business.
 */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"

/* The file belongs to root or owner, and neither group nor others can write. */
bool	trust_file(const struct stat *st, uid_t owner);

/* For owner 0: every directory and symbolic link of the absolute path, and of
 * where its links lead, is root's and closed to others; a plain file at its
 * end is not looked at.  -1: ERR_REFUSED says which is open and how to close
 * it. */
int	trust_path(const char *path, uid_t owner, struct err *err);

/* The same; after ERR_REFUSED *stranger is the first step that is open: its
 * owner rules all that lies behind it. */
int	trust_path_or_tell(const char *path, uid_t owner, struct stat *stranger,
	    struct err *err);

#endif
