/* domain_trash_lists.h: the lists of what a deleted domain had, for the parts of
 * domain_trash.h.
 */
#ifndef DOMAIN_TRASH_LISTS_H
#define DOMAIN_TRASH_LISTS_H

#include <stdbool.h>

#include "err.h"
#include "installation.h"
#include "pool.h"
#include "str.h"

struct domain_trash {
	const struct installation	*in;
	struct pool			*pool;
	const char			*name, *stamp;
	int				 dir;	/* -1: not open */
};
#define DOMAIN_TRASH_NONE	((struct domain_trash){ .dir = -1 })

/* A name with the stamp behind it. */
const char *domain_trash_own_name(const struct domain_trash *trash,
	    const char *name);

int	domain_trash_read(const struct domain_trash *trash, const char *list,
	    struct str *text, bool *there, struct err *err);

/* Each line's two words. */
typedef int domain_trash_line(const struct domain_trash *trash,
	    const char *word, const char *other, struct err *err);
int	domain_trash_each_line(const struct domain_trash *trash,
	    const char *list, char separator, domain_trash_line *fn,
	    struct err *err);

#endif
