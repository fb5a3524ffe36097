/* link_file.h: a domain alias: the symbolic link domain.ALIAS to domain.D. */
#ifndef LINK_FILE_H
#define LINK_FILE_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"

/* Makes the name lead to target, whatever file or link it was: in one step, and
 * on disk. */
int	link_file_set(const struct installation *in, const char *name,
	    const char *target, struct err *err);

/* Whether the name is a link to just that. */
bool	link_file_is(const struct installation *in, const char *name,
	    const char *target);

#endif
