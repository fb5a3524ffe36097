/* intake_there.h: the accounts that a domain has, for looking up thousands. */
#ifndef INTAKE_THERE_H
#define INTAKE_THERE_H

#include "entries.h"
#include "intake.h"
#include "table.h"
#include "user_files.h"

struct there {
	struct user_files	 files;
	/* lower case: where its first line begins, in passwd and shadow */
	struct table		 passwd, shadow;
	struct pool		 names;
	size_t			 accounts;	/* whole lines of passwd */
};

int	there_read(const struct domain *domain, struct pool *pool,
	    struct there *there, struct err *err);
void	drop_there(struct there *there);

/* Its line, be it broken (count tells). */
bool	there_find(const struct there *there, const char *name,
	    struct entry *entry);

/* Its hash field, wherever it counts. */
struct slice there_hash(const struct there *there, const char *name);

/* In what the account there, whose line is entry, is not as newcomer says;
 * NULL: in nothing. */
const char *there_compare(const struct there *there, struct pool *pool,
	    const struct newcomer *newcomer, const struct entry *entry);

#endif
