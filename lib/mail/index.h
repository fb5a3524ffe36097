/* index.h: the indexes beside passwd.D, shadow.D and alias files.
 *
 * ".FILE.index" lies beside a FILE of index-from bytes or more, for who looks
 * up one name in it; see textindex.h.  One that does not fit the file is never
 * believed: the file is read, with a warning.
 */
#ifndef INDEX_H
#define INDEX_H

#include <stdbool.h>

#include "file.h"
#include "index_question.h"
#include "installation.h"

/* An index of an alias file has members from this one on. */
enum { INDEX_EDITION_MEMBERS = 1 };

/* What file's index is called, beside it. */
const char	*index_name(struct pool *pool, const char *file);

/* Where the answers are in file, which is open as fd; file is relative to the
 * installation's directory.  False: only the whole file tells. */
bool	index_ask(const struct installation *in, const char *file, int fd,
	    const struct index_question *question,
	    struct textindex_places *places);

/* The same of an alias file that may be anybody's: entries of that name, or
 * (INDEX_MEMBER) with a member that may mean the account of that name, of any
 * domain, with an extension or without. */
bool	index_ask_entries(const struct installation *in, const char *file,
	    int fd, enum index_kind kind, struct slice name,
	    struct textindex_places *places);

/* --- index_keep.c: what lookups do not need ---------------------------------- */

enum index_state {
	INDEX_NONE,		/* the file is too small for one, or missing */
	INDEX_MADE,
	INDEX_UNTRUSTED,	/* the file is not ours alone: none is made */
};

/* Makes the index of a file anew, or takes it away where the file is too small
 * for one.  Under the installation's lock.  ERR_FULL: it cannot have one. */
int	index_make(const struct installation *in, const char *file,
	    enum index_state *state, struct err *err);

/* draft_commit() for a file of the installation's directory: where it is one of
 * these, its index goes along.  What fails about the index alone is warned of. */
int	index_commit(const struct installation *in, struct draft *draft,
	    struct err *err);

#endif
