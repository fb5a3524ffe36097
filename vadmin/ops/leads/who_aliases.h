/* who_aliases.h: the aliases that may lead to an account. */
#ifndef WHO_ALIASES_H
#define WHO_ALIASES_H

#include "who_names.h"

/* One round through the alias files of all domains: nodes for those that may
 * lead to the account by what is known so far, and for those whose names do. */
void	aliases_look_through(struct names *names);

#endif
