/* check.h: findings: what would make deliveries or logins fail. */
#ifndef CHECK_H
#define CHECK_H

#include "domain.h"
#include "operation.h"
#include "output.h"

struct findings {
	struct sheet	 sheet;		/* what it is about, what is wrong */
	size_t		 count;
	/* one thing is told once, whoever stumbles over it */
	char		 last[1024];
};

void	finding(struct findings *found, const char *about, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The installation as the programs see it. */
struct check {
	struct call		*call;
	struct installation	 vdeliver, vpop3d;
	struct findings		 found;
	/* some domain is spelt with xn-- */
	bool			 has_a_labels;
};

void	check_installation(struct check *check);
void	check_domain(struct check *check, const char *name);
void	check_accounts(struct check *check, const struct domain *domain);
void	check_aliases(struct check *check, const struct domain *domain);

#endif
