/* domain_trash_places.h: the directories of a deleted domain; what the parts of
 * domain_trash.h share.
 */
#ifndef DOMAIN_TRASH_PLACES_H
#define DOMAIN_TRASH_PLACES_H

#include "domain_trash.h"
#include "str.h"

/* The list of them. */
#define DOMAIN_TRASH_PLACES	"places"

/* --- domain_trash.c */

/* A name with the stamp behind it. */
const char *domain_trash_own_name(const struct domain_trash *trash,
	    const char *name);
int	domain_trash_read(const struct domain_trash *trash, const char *name,
	    struct str *text, bool *there, struct err *err);

/* --- domain_trash_places.c; each can be repeated */

/* Writes the list, unless it is there: those that lie in no other one. */
int	domain_trash_note_places(const struct domain_trash *trash,
	    const struct domain *domain, struct err *err);
int	domain_trash_take_place(const struct domain_trash *trash,
	    const char *parent, const char *name, struct err *err);
int	domain_trash_give_place_back(const struct domain_trash *trash,
	    const char *parent, const char *name, struct err *err);
int	domain_trash_purge_place(const struct domain_trash *trash,
	    const char *parent, const char *name, struct err *err);

/* Removes dir/name with all in it: what is ours is gone through; what is
 * another's is removed by a child that has become that one. */
int	domain_trash_purge_tree(int dir, const char *name, struct err *err);

#endif
