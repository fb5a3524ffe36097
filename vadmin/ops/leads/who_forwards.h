/* who_forwards.h: the accounts of a domain that forward. */
#ifndef WHO_FORWARDS_H
#define WHO_FORWARDS_H

#include "who_names.h"

/* A node for each that forwards to anybody. */
void	forwards_read(struct names *names, const struct domain *domain);

/* node gets what the account forwards to as members. */
void	forwards_read_one(struct names *names, const struct account *account,
	    struct node *node);

#endif
