/* old_accounts.h: whom a copied passwd.D names. */
#ifndef OLD_ACCOUNTS_H
#define OLD_ACCOUNTS_H

#include "account.h"
#include "report.h"
#include "table.h"

struct old_accounts {
	struct account	**all;		/* without their domain */
	size_t		 count, room;
	struct table	 by_name;
};

/* What is told of them. */
struct old_accounts_words {
	const char	*file, *domain;
	struct slice	 system;	/* the text of /etc/passwd */
	struct report	*report;	/* NULL: nothing */
};

/* A line that is broken as account_each() finds it is left. */
void	old_accounts_read(struct old_accounts *accounts, struct pool *pool,
	    struct slice passwd, const struct old_accounts_words *words);
void	drop_old_accounts(struct old_accounts *accounts);

/* New accounts get uids above theirs. */
int	old_accounts_keep_uids(const struct old_accounts *accounts,
	    const struct installation *in, struct err *err);

#endif
