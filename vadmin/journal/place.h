/* place.h: the path of what a descriptor and a name mean. */
#ifndef PLACE_H
#define PLACE_H

#include "err.h"
#include "str.h"

/* Absolute, as /proc has it for the directory, or the name itself where dir is
 * AT_FDCWD.  ERR_TEMPORARY: there is no /proc, or no such directory. */
int	place_of(int dir, const char *name, struct str *out, struct err *err);

/* Opens the directory of an absolute path, no step of which is a link: *name is
 * what stands behind it. ERR_ABSENT: it is not there. */
int	place_open(const char *path, int *dir, const char **name,
	    struct err *err);

#endif
