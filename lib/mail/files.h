/* files.h: the text files of the installation, read whole and replaced whole.
 *
 * Every change is made under the installation's lock, held from the reading
 * to the replacing (see call_run()).
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"
#include "file.h"
#include "installation.h"
#include "splice.h"
#include "str.h"

enum { MODE_PUBLIC = 0644, MODE_SECRET = 0600 };

/* A missing file is empty; *there (may be NULL) tells.  A symbolic link is
 * refused: replacing it would leave what it leads to as it was. */
int	files_read(const struct installation *in, const char *name,
	    struct str *text, bool *there, struct err *err);

/* The same without reading it: whether files_read() would. */
int	files_check(const struct installation *in, const char *name,
	    bool *there, struct err *err);
int	files_write(const struct installation *in, const char *name,
	    mode_t mode, struct slice text, struct err *err);

/* What is there, and the line behind it; nothing else is held in memory. */
int	files_append(const struct installation *in, const char *name,
	    mode_t mode, struct slice line, struct err *err);

/* What is there with some pieces exchanged; was is its state, with which it was
 * opened as old, before their places were looked for.  Nothing is changed where
 * there are none.  ERR_TEMPORARY: it has changed since. */
int	files_splice(const struct installation *in, const char *name,
	    mode_t mode, int old, const struct stat *was,
	    const struct splices *splices, struct err *err);

/* The same up to the commit, for who looks at it before; and that. */
int	files_splice_begin(const struct installation *in, const char *name,
	    mode_t mode, int old, const struct stat *was,
	    const struct splices *splices, struct draft *out, struct err *err);
int	files_commit(const struct installation *in, struct draft *draft,
	    struct err *err);

/* Whether anything is there under that name; what cannot be looked at counts
 * as there. */
bool	files_exists(int dir, const char *name);
/* The same, where that is no answer. */
int	files_there(int dir, const char *name, bool *there, struct err *err);

#endif
