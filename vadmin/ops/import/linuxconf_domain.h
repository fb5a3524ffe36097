/* linuxconf_domain.h: a domain of a Linuxconf machine, with its accounts, their
 * mail and its aliases.
 */
#ifndef LINUXCONF_DOMAIN_H
#define LINUXCONF_DOMAIN_H

#include "old_machine.h"
#include "operation.h"

struct linuxconf {
	struct call		*call;
	struct pool		*pool;
	struct report		 report;
	struct old_machine	 old;
	struct str		 system;	/* /etc/passwd */
};

/* old_name is what it is called there.  What cannot be taken is reported, and
 * what a call that was cut short has brought already is left as it is. */
int	linuxconf_domain(struct linuxconf *import, const char *old_name,
	    struct err *err);

#endif
