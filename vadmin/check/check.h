/* check.h: what would make deliveries or logins fail. */
#ifndef CHECK_H
#define CHECK_H

#include "domain.h"
#include "findings.h"
#include "operation.h"
#include "orphans.h"
#include "table.h"
#include "used.h"

/* The installation as the programs see it. */
struct check {
	struct call		*call;
	struct installation	 vdeliver, vpop3d;
	struct findings		 found;
	struct kept		 kept;		/* in the spool */
	struct table		 places;	/* see check_places() */
	struct used		 used;
	/* an operation was interrupted; one on a domain */
	bool			 begun, domains_begun;
	/* some domain is spelt with xn-- */
	bool			 has_a_labels;
	/* how the world finds them is looked at when all files were */
	struct outside_list {
		const char	**name;
		size_t		 count, room;
	}			 outside;
};

void	drop_check(struct check *check);

void	check_installation(struct check *check);
void	check_domain(struct check *check, const char *name);
/* False: the spool cannot be used, which is told (once). */
bool	check_places(struct check *check, const struct domain *domain);
void	check_certificate(struct check *check);
void	check_state_places(struct check *check);
void	check_address_file(struct check *check);
void	check_certificate_of(struct check *check, const struct domain *domain);
void	check_accounts(struct check *check, const struct domain *domain);
void	check_shadow_lines(struct check *check, const struct domain *domain);
/* Before all domains.  What was begun on one, or on an account of it, is for the
 * command that goes on alone: what was moved half-way looks like damage. */
void	check_unfinished(struct check *check);
bool	check_is_begun(struct check *check, const char *domain, bool accounts);
void	check_administrators(struct check *check);
void	check_administrators_of(struct check *check,
	    const struct domain *domain);
void	check_grants(struct check *check, const struct domain *domain);
/* The network: one domain that is to be looked at, or an alias of one; and
 * then all of them. */
void	check_outside_later(struct check *check, const char *domain);
int	check_outside(struct check *check, struct err *err);
void	drop_outside_list(struct outside_list *list);
void	check_aliases(struct check *check, const struct domain *domain);
void	check_profiles(struct check *check, const struct domain *domain);
void	check_spool_files(struct check *check, const struct domain *domain);
void	check_forward(struct check *check, const struct domain *domain,
	    const char *name);
void	check_doubles(struct check *check, const struct domain *domain);
void	check_attributes(struct check *check, const struct domain *domain);

#endif
