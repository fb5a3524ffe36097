/* check.h: what would make deliveries or logins fail. */
#ifndef CHECK_H
#define CHECK_H

#include "domain.h"
#include "findings.h"
#include "operation.h"
#include "orphans.h"

/* The installation as the programs see it. */
struct check {
	struct call		*call;
	struct installation	 vdeliver, vpop3d;
	struct findings		 found;
	struct kept		 kept;		/* in the spool */
	/* some domain is spelt with xn-- */
	bool			 has_a_labels;
};

void	check_installation(struct check *check);
void	check_certificate(struct check *check);
void	check_certificate_of(struct check *check, const struct domain *domain);
void	check_accounts(struct check *check, const struct domain *domain);
void	check_grants(struct check *check, const struct domain *domain);
void	check_aliases(struct check *check, const struct domain *domain);
void	check_profiles(struct check *check, const struct domain *domain);
void	check_attributes(struct check *check, const struct domain *domain);

#endif
