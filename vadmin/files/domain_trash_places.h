/* domain_trash_places.h: the directories of a deleted domain. */
#ifndef DOMAIN_TRASH_PLACES_H
#define DOMAIN_TRASH_PLACES_H

#include "domain.h"
#include "domain_trash_lists.h"

/* The list of them, "PARENT<tab>NAME" a line. */
#define DOMAIN_TRASH_PLACES	"places"

/* Writes the list, unless it is there: those that lie in no other one. */
int	domain_trash_note_places(const struct domain_trash *trash,
	    const struct domain *domain, struct err *err);

/* Each can be repeated, and goes on then. */
domain_trash_line domain_trash_take_place, domain_trash_give_place_back,
	    domain_trash_purge_place;

/* Removes dir/name with all in it: what is ours is gone through; what is
 * another's is removed by a child that has become that one. */
int	domain_trash_purge_tree(int dir, const char *name, struct err *err);

#endif
