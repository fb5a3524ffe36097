/* alias_scan.h: the entries of one alias file that is open.
 *
 * path is for messages alone; whose file it is, and who reads it, is the
 * caller's business (aliases.c, alias_apart.c).
 */
#ifndef ALIAS_SCAN_H
#define ALIAS_SCAN_H

#include "aliases.h"

struct alias_question {
	bool		include;	/* the whole file is one list */
	struct slice	name;		/* else: the entry of this name */
};

/* The answer, in pool; ERR_ABSENT: no entry of that name. */
int	alias_scan(struct pool *pool, const char *path, int fd, bool trusted,
	    const struct alias_question *question, struct alias_entry **out,
	    struct err *err);

/* Every entry, as if the file were trusted. */
int	alias_scan_each(const char *path, int fd, alias_visitor *visit,
	    void *arg, struct err *err);

#endif
