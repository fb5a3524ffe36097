/* rehearsal.h: an operation without its changes: what it would do is told, and
 * what it would find of its own changes it finds.
 *
 * Nothing that counts is touched: what would replace a file stays open and has
 * no name, and what would be a directory is one for itself in /tmp until the
 * end.
 */
#ifndef REHEARSAL_H
#define REHEARSAL_H

#include "change.h"
#include "output.h"
#include "pool.h"
#include "table.h"

struct rehearsal {
	struct change_watcher		 watcher;
	const struct change_watcher	*before;
	bool				 watches;
	struct pool			 pool;
	struct table			 places;	/* by path */
	struct replica			*replicas;	/* all of them */
	/* what would be done; heads NULL: nobody wants to know */
	struct sheet			 steps;
	/* how much, and to what the last one */
	size_t				 count;
	const char			*last;
};

/* Until it is dropped.  It stays where it is. */
void	rehearsal_begin(struct rehearsal *r, bool told);
void	drop_rehearsal(struct rehearsal *r);

#endif
