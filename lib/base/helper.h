/* helper.h: programs that only ours start: for what few of them need, and for
 * libraries that the others are not to carry. */
#ifndef HELPER_H
#define HELPER_H

#include "err.h"
#include "str.h"

/* Adds the path of the helper: beside the running program, in a build that runs
 * in place; else, from PREFIX/bin or PREFIX/sbin, in PREFIX/libexec/vmail. */
void	helper_path(const char *name, struct str *path);

/* Opens it, too, for a process that may not find its way there (struct
 * command's program). */
int	helper_open(const char *name, struct str *path, int *fd,
	    struct err *err);

#endif
