/* who_edges.h: what names lead to: the members of aliases, includes, forwards
 * and fallbacks.
 */
#ifndef WHO_EDGES_H
#define WHO_EDGES_H

#include "who_names.h"

/* Whether it may forward: a guess that errs on the side of yes, and opens
 * nothing. */
bool	edges_may_forward(const struct account *account);

/* node gets what the account forwards to as members. */
void	edges_read_forward(struct names *names, const struct account *account,
	    struct node *node);

/* Whether it forwards, and no copy stays. */
bool	edges_forwards_all(const struct names *names, const struct node *node);

/* Every node's members, when all names are known. */
void	edges_add_all(struct names *names);

#endif
