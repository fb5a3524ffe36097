/* alias_use.h: which aliases name an account. */
#ifndef ALIAS_USE_H
#define ALIAS_USE_H

#include "account.h"
#include "operation.h"
#include "output.h"

/* Calls with each alias, of any domain, that has the account as a member;
 * "" as alias: the domain's fallback. */
typedef void alias_use_visitor(void *arg, const char *domain, const char *alias,
    const char *where);
int	alias_use_each(struct call *call, const struct account *account,
	    alias_use_visitor *visit, void *arg, struct err *err);

/* A row "alias" for each. */
int	alias_use_show(struct call *call, const struct account *account,
	    struct sheet *sheet, struct err *err);

/* A note when the domain has an alias of the account's name: it comes first. */
void	alias_use_warn_same(struct call *call, const struct domain *domain,
	    const char *name);

#endif
