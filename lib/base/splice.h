/* splice.h: a copy of a file in which some pieces are exchanged.
 *
 * What stays is copied without being looked at, in bounded memory.
 */
#ifndef SPLICE_H
#define SPLICE_H

#include <sys/types.h>

#include "err.h"
#include "str.h"

/* So many bytes from there on become the text. */
struct splice {
	off_t		at, removed;
	struct slice	text;
};

/* A zero value has none.  In the order of the file, none over another. */
struct splices {
	struct splice	*splice;
	size_t		 count, room;
};

void	splices_add(struct splices *splices, off_t at, off_t removed,
	    struct slice text);
void	drop_splices(struct splices *splices);

/* All of from, whatever its offset, to to.  A text at the end begins a line
 * of its own: a last line without an end gets one. */
int	splice_copy(int from, int to, const struct splices *splices,
	    struct err *err);

/* Where splice i begins in the copy, without the end that a last line gets. */
off_t	splice_place(const struct splices *splices, size_t i);

#endif
