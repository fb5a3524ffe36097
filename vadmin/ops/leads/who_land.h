/* who_land.h: what mail for a name meets, for the question who reaches an
 * account: the order of the rules, of which resolve.c has the others.
 */
#ifndef WHO_LAND_H
#define WHO_LAND_H

#include "who_names.h"

/* What mail for the name meets first (SPEC's order); NULL: nobody.  *fallback
 * becomes true where it is a fallback's doing. */
struct node *names_land(struct names *names, struct names_domain *domain,
	    struct slice local, bool *fallback);

/* The same where neither aliases nor fallbacks count. */
struct node *names_land_mailbox(struct names *names,
	    struct names_domain *domain, struct slice local);

/* Whether the name alone is answered. */
bool	names_answer(const struct names_domain *domain, struct slice local);

/* Whether there is an alias, or an account, of this name itself. */
bool	names_know(struct names *names, struct names_domain *domain,
	    struct slice local);

/* Whether a member in a file of the domain may lead to the account. */
bool	names_may_lead(struct names *names, const char *domain,
	    const struct alias_member *member);

#endif
