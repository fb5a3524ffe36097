/* domain_names.h: what domains are called: new names, and domain aliases.
 */
#ifndef DOMAIN_NAMES_H
#define DOMAIN_NAMES_H

#include "err.h"
#include "operation.h"

/* A parameter's value in its one spelling (A-labels), when no domain with
 * accounts and no domain alias has it.  What an interrupted "domain add" left,
 * a domain.D without passwd.D, is in nobody's way. */
int	domain_new_name(struct call *call, const char *param, const char **out,
	    struct err *err);

/* The same of any domain, ours or not. */
int	domain_given_name(struct call *call, const char *param,
	    const char **out, struct err *err);

#endif
