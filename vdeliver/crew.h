/* crew.h: couriers of several recipients of one message that work at the same
 * time: what they wait for, most of all a flush of the disk, they wait for
 * together.
 */
#ifndef CREW_H
#define CREW_H

#include <stdbool.h>

#include "child.h"
#include "job.h"

enum { CREW_MAX = 8 };

struct crew {
	struct crew_member {
		const struct target	*target;	/* NULL: nobody */
		struct child		 child;
		int			 from;		/* its answer */
		struct deadline		 start;
	}	members[CREW_MAX];
};

/* NULL: it is no one's.  target NULL: a place that is free. */
struct crew_member *crew_find(const struct job *job,
	    const struct target *target);

/* Whether its courier is under way, and nobody has waited for it yet. */
bool	crew_has(const struct job *job, const struct target *target);

/* Its place is free; one that works still is killed. */
void	crew_dismiss(struct crew_member *member);
void	drop_crew(struct crew *crew);

#endif
