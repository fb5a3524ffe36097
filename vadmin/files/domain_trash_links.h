/* domain_trash_links.h: the domain aliases of a deleted domain. */
#ifndef DOMAIN_TRASH_LINKS_H
#define DOMAIN_TRASH_LINKS_H

#include "domain_trash_lists.h"

/* The list of them, "ALIAS TARGET" a line. */
#define DOMAIN_TRASH_LINKS	"links"

/* Writes the list, unless it is there: before any of them goes. */
int	domain_trash_note_links(const struct domain_trash *trash,
	    struct err *err);
domain_trash_line domain_trash_remove_link, domain_trash_make_link;

#endif
