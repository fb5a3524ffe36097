/* sink.h: a directory that parcels are put into: what is there already must be
 * the same.
 *
 * Every step of a path is opened from the one above it, and no link is
 * followed.
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>

#include "err.h"
#include "pool.h"
#include "tar.h"

struct sink_mode;

struct sink {
	int			 root;
	const char		*path;		/* for people */
	bool			 only_compare;	/* nothing is made */
	int			 in;		/* where bytes come from */
	size_t			 members;
	/* directories that get their modes at the end */
	struct sink_mode	*modes;
	struct pool		 pool;
};
#define SINK_NONE	((struct sink){ .root = -1 })
void	drop_sink(struct sink *sink);

/* name is below root. */
int	sink_put(struct sink *sink, const struct tar_member *member,
	    const char *name, struct err *err);

/* The same for one file; it has its name when it is whole. */
int	sink_put_file(const struct sink *sink, int dir, const char *name,
	    const struct tar_member *member, struct err *err);

/* All that was put there is on the disk, with its modes; where it was only
 * compared, there is nothing else. */
int	sink_end(struct sink *sink, struct err *err);

#endif
