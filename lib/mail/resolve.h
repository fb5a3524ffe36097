/* resolve.h: from an address to a plan.  The only place that knows the rules.
 *
 * In this order, for local part L at domain D: aliases, the account, its full
 * name, the part before the recipient delimiter, an autoresponder alone, the
 * main domain's postmaster, the fallback.  Nothing is written anywhere;
 * what cannot be resolved becomes a target that says why.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "installation.h"
#include "plan.h"

/* Adds the recipient and its targets to the plan; in one plan the same target
 * stands once, however many recipients lead to it.  The installation must
 * outlive the plan. */
void	resolve(const struct installation *in, struct plan *plan,
	    const char *recipient);

/* Looks for the .forward of each account that the plan leads to, as far as
 * nobody has looked yet, and adds what it says, until no account is left.  An
 * account that forwards and keeps no copy leaves the plan; one that its own
 * .forward leads to, also through others', keeps one. */
void	resolve_forwards(const struct installation *in, struct plan *plan);

#endif
