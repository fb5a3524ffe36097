/* domain_holdings.h: what a domain holds, and what leads to it. */
#ifndef DOMAIN_HOLDINGS_H
#define DOMAIN_HOLDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain.h"
#include "operation.h"

struct holdings {
	struct call		*call;
	const struct domain	*domain;
	size_t			 accounts, aliases;
	uint64_t		 bytes;
	bool			 measures;
	uid_t			*uids;		/* of the accounts */
	size_t			 room;
};
void	drop_holdings(struct holdings *holdings);

int	holdings_count(struct holdings *holdings, struct err *err);

/* In notes, with its domain aliases and what of other domains leads to it. */
int	holdings_tell(struct holdings *holdings, struct err *err);

#endif
