/* domain_make.h: a domain made, by "domain add" and by imports. */
#ifndef DOMAIN_MAKE_H
#define DOMAIN_MAKE_H

#include "operation.h"

/* name is canonical, and free (domain_new_name()); files of it that are there
 * already, as an interrupted call leaves them, stay. */
int	domain_make(struct call *call, const char *name,
	    const struct setting_words *settings, struct err *err);

#endif
