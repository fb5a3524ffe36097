/* crew.h: children that work at the same time: what they wait for, most of all
 * a flush of the disk, they wait for together.
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>

#include "child.h"
#include "deadline.h"

enum { CREW_MAX = 8 };

struct crew_member {
	const void	*task;		/* what it works at; NULL: nobody */
	struct child	 child;
	/* ours of what we tell one another; -1: we do not */
	int		 end;
	struct deadline	 start;
	bool		 waits;		/* it has not been told to begin */
};

/* All zero: nobody. */
struct crew {
	struct crew_member	members[CREW_MAX];
};

/* Who works at task, or waits for it; NULL: nobody does, or there is no
 * crew. */
struct crew_member *crew_find(struct crew *crew, const void *task);

/* A place that is free; NULL: none is. */
struct crew_member *crew_place(struct crew *crew);

/* It has told all that there is to tell, and ends by itself: its place is free,
 * and nobody waits for its end before the place is needed. */
void	crew_release(struct crew_member *member);

/* Its place is free; it is killed if it works still. */
void	crew_dismiss(struct crew_member *member);

/* Those who wait are killed. */
void	crew_dismiss_waiting(struct crew *crew);
void	drop_crew(struct crew *crew);

/* In a new child: what the others tell is not for it to hear.  They work on. */
void	crew_leave(struct crew *crew);

#endif
