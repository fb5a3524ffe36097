/* domain_lost.h: a domain whose passwd.D is missing, and what it had. */
#ifndef DOMAIN_LOST_H
#define DOMAIN_LOST_H

#include "err.h"
#include "operation.h"

/* ERR_REFUSED: what is here of the name, without passwd.D, had accounts, or is to
 * get them by what was interrupted: an empty passwd.D would make it a domain that
 * refuses their mail, where it waits now. */
int	domain_check_lost(struct call *call, const char *name,
	    struct err *err);

#endif
