/* who_edges.h: what names lead to: the members of aliases, includes, forwards
 * and fallbacks.
 */
#ifndef WHO_EDGES_H
#define WHO_EDGES_H

#include "who_names.h"

/* node gets what an entry says, and what the files that it includes do. */
void	edges_take_members(struct names *names, struct node *node,
	    const struct alias_entry *entry);

/* Whether it forwards, and no copy stays. */
bool	edges_forwards_all(const struct names *names, const struct node *node);

/* Every node's members, when all names are known. */
void	edges_add_all(struct names *names);

#endif
