/* linuxconf_alias.h: domain aliases of a Linuxconf machine: its links domain.ALIAS
 * to domain.D.
 */
#ifndef LINUXCONF_ALIAS_H
#define LINUXCONF_ALIAS_H

#include "old_machine.h"
#include "operation.h"

/* Whether domain.NAME, as it is spelt there, is a link. */
bool	linuxconf_is_alias(const struct old_machine *old, const char *name);

/* The domain, lower case, that it leads to, in several steps perhaps; NULL: none
 * that can be told. */
const char *linuxconf_alias_of(const struct old_machine *old,
	    const char *name);

/* Makes it one of ours, where what it leads to is a domain here. */
int	linuxconf_alias(struct call *call, const struct old_machine *old,
	    const char *name, struct report *report, struct err *err);

#endif
