/* inbox_pattern.h: the "inbox" setting by which inboxes are found where they
 * lie already. */
#ifndef INBOX_PATTERN_H
#define INBOX_PATTERN_H

#include <stddef.h>

#include "pool.h"

struct inbox_place {
	const char	*account;
	const char	*path;		/* absolute; ends in / for a Maildir */
};

/* The one that fits most of the places.  NULL: none fits any. */
const char *inbox_pattern(struct pool *pool, const char *domain,
	    const struct inbox_place *places, size_t count);

#endif
