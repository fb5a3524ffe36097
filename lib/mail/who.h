/* who.h: who may do what for a domain, where it is not the account itself.
 *
 * Without root that is always this process' own identity.  -1: a setting names
 * nobody that there is.
 */
#ifndef WHO_H
#define WHO_H

#include "account.h"
#include "ident.h"
#include "installation.h"

/* The account, but without the group that all inboxes of the domain have: for
 * filters, the commands of its .forward, and what lies in its home. */
struct ident who_apart(const struct account *account);

/* Who runs sendmail. */
int	who_sends(const struct domain *domain, struct ident *who,
	    struct err *err);

/* Who appends to files of aliases, and remembers for autoresponders. */
int	who_writes(const struct installation *in, struct ident *who,
	    struct err *err);

/* Who runs commands of aliases: the same, without the domain's group, which may
 * write where the inboxes are. */
int	who_commands(const struct domain *domain, struct ident *who,
	    struct err *err);

#endif
