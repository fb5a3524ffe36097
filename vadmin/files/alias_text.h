/* alias_text.h: entries of an alias file exchanged where they stand; all the
 * rest stays byte for byte, and is not read.
 *
 * What was written is read again with the resolver's own parser before it
 * replaces the file: each entry must say what is wanted, and end where it is
 * meant to; so all that stands behind it is read as it was before.
 */
#ifndef ALIAS_TEXT_H
#define ALIAS_TEXT_H

#include <sys/stat.h>

#include "aliases.h"
#include "installation.h"
#include "pool.h"

/* Its own lines, start to end, become the text; the next entry begins at next.
 * At the end of the file all three are its size. */
struct alias_change {
	off_t			 start, end, next;
	struct slice		 text;
	/* NULL: there is none any more */
	const struct alias_entry *wanted;
};

/* In the order of the file, which is open as fd in the state *was.  1: replaced,
 * 0: it would not be read as meant, and nothing changed. */
int	alias_text_change(const struct installation *in, const char *file,
	    int fd, const struct stat *was, const struct alias_change *changes,
	    size_t count, struct err *err);

/* The bytes of a file; fewer lines of them: count off the front. */
int	alias_text_read(int fd, off_t start, off_t end, struct pool *pool,
	    struct slice *out, struct err *err);
struct slice alias_text_lines(struct slice text, unsigned count);

/* Of an entry: what it says, to compare it. */
void	alias_entry_describe(struct str *out, const struct alias_entry *entry);

#endif
