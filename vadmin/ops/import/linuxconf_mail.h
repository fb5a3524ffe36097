/* linuxconf_mail.h: the mail and the homes of a domain, copied from a
 * Linuxconf machine. */
#ifndef LINUXCONF_MAIL_H
#define LINUXCONF_MAIL_H

#include "domain.h"
#include "old_machine.h"
#include "report.h"
#include "table.h"

/* accounts: struct account by name.  old_name: the domain as the old machine
 * spelt it. */
int	linuxconf_mail(const struct old_machine *old, const char *old_name,
	    const struct domain *domain, const struct table *accounts,
	    struct report *report, struct err *err);

#endif
