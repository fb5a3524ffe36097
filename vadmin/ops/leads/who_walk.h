/* who_walk.h: the way back from an account to every name that reaches it. */
#ifndef WHO_WALK_H
#define WHO_WALK_H

#include "who_names.h"

struct walk {
	struct node	**met;		/* the nearest first */
	size_t		  count, room;
	/* somebody who was met leads back to where it began */
	bool		  circle;
};

/* From start, over edges that nobody walked before. */
void	walk_from(struct names *names, struct node *start, struct walk *out);
void	drop_walk(struct walk *walk);

/* Whether mail that is addressed to it itself is taken at all. */
bool	walk_is_open(const struct node *node);

#endif
