/* alias_gather.h: the lines of an alias file, put together to entries: names,
 * continued lines, comments.  What stands in a list is alias_list.h's.
 */
#ifndef ALIAS_GATHER_H
#define ALIAS_GATHER_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "lines.h"
#include "str.h"

/* bytes of one entry: more is an error of its own */
enum { ALIAS_ENTRY_MAX = 4 << 20 };

/* The entry that is being put together from its lines. */
struct gathering {
	bool		 open;
	struct str	 name;
	/* behind the colon; lines joined by '\n' */
	struct str	 text;
	off_t		 offset, next;	/* of the next one */
	unsigned	 line, last_line;
	const char	*wrong;
};
void	drop_gathering(struct gathering *gathering);

/* A file that is read, from where its lines begin. */
struct scan {
	struct lines	 lines;
	/* the line before ended in a backslash */
	bool		 continued;
	struct gathering entry;
};
void	drop_scan(struct scan *scan);

/* Not 0 ends the scan. */
typedef int gathered(void *arg, const struct gathering *entry, struct err *err);

/* Each entry.  What ended the scan; -1: the file cannot be read. */
int	alias_gather(struct scan *scan, gathered *visit, void *arg,
	    struct err *err);
/* All of a file. */
int	alias_gather_file(int fd, gathered *visit, void *arg,
	    struct err *err);

/* Whether it is a comment, or empty. */
bool	alias_is_comment_or_empty(struct slice line);

#endif
