/* record.h: what was done with one message for one recipient, on disk.
 *
 * A file named after sender, recipient and message; a line for each target
 * that has the message.  Whoever delivers for that recipient holds its lock.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>

#include "deadline.h"
#include "domain.h"
#include "err.h"
#include "str.h"
#include "table.h"

enum {
	/* no MTA tries that long: older ones count for nothing, and go */
	RECORD_DAYS	= 7,
	RECORD_NAME	= 64,		/* hexadecimal digits */
};

struct record {
	int		 dir;		/* borrowed */
	const char	*name;		/* in dir; borrowed */
	int		 fd;		/* locked; -1: none */
	struct str	 text;		/* that was found */
	struct table	 done;		/* its targets */
	bool		 torn;		/* it ends within a line */
	bool		 safe;		/* its name is on disk */
};
#define RECORD_NONE	((struct record){ .dir = -1, .fd = -1 })

/* Opens the directory of this process' records, made when missing: that of
 * "state"; for a process that is not root and has none there, one in the
 * domain's spool (domain NULL: none). */
int	record_place(const struct installation *in, const struct domain *domain,
	    int *dir, struct err *err);

/* False: the directory holds no record, and nobody need ask for one. */
bool	record_is_any(int dir);

/* Opens the record and waits for its lock; it is made when make is set (and
 * those that are too old go), with room for size bytes.  ERR_ABSENT: there is
 * none. */
int	record_open(int dir, const char *name, bool make, size_t size,
	    struct deadline d, struct record *record, struct err *err);

/* Keeps room for size bytes of a record that may have to be made, until *fd is
 * closed; *fd stays -1 where the file system cannot. */
int	record_reserve(int dir, size_t size, int *fd, struct err *err);

bool	record_has(const struct record *record, const char *target);

/* Success means on disk.  Targets are text of any kind; those that are there
 * already are left out. */
int	record_add(struct record *record, const char *const *targets,
	    size_t count, struct err *err);

/* Closes it; an empty one goes. */
void	drop_record(struct record *record);

#endif
