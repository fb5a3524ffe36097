/* alias_use.h: which aliases lead to an account. */
#ifndef ALIAS_USE_H
#define ALIAS_USE_H

#include "account.h"
#include "operation.h"
#include "output.h"

/* A row "alias" for each that leads to the account, of any domain, by others too,
 * and "fallback-of" for each domain whose unknown names do; the nearest first. */
int	alias_use_show(struct call *call, const struct account *account,
	    struct sheet *sheet, struct err *err);

/* A note when the domain has an alias of the account's name: it comes first. */
void	alias_use_warn_same(struct call *call, const struct domain *domain,
	    const char *name);

#endif
