/* intake_said.h: the profiles of accounts that come from elsewhere: what is said
 * of each is put where it is kept, or compared with what is there.
 */
#ifndef INTAKE_SAID_H
#define INTAKE_SAID_H

#include "intake.h"
#include "str.h"

/* GECOS: the full name, which is first and last name where it is not said, and
 * the parts. */
void	intake_said_gecos(const struct newcomer *newcomer, struct str *out);

/* U.profile of each new one, and then the aliases of alternative addresses,
 * all at once: they lead to nobody before the accounts are there. */
int	intake_said_write(const struct intake *intake, struct pool *pool,
	    struct err *err);

/* Adds the fields that are otherwise in the account that is there, whose GECOS
 * this is, each behind ", " if it is not the first. */
void	intake_said_compare(const struct newcomer *newcomer,
	    const struct domain *domain, struct pool *pool,
	    struct slice gecos, struct str *out);

#endif
