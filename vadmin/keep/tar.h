/* tar.h: the few headers of tar (POSIX pax) that a backup is made of: plain
 * files, directories and symbolic links, with long names and sizes.
 *
 * There is one way to write a member, and what is written otherwise is not
 * read: an archive that somebody made has no room for tricks.
 */
#ifndef TAR_H
#define TAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pool.h"
#include "str.h"

enum tar_kind { TAR_FILE, TAR_DIRECTORY, TAR_LINK };
enum {
	TAR_BLOCK	= 512,
	/* of a path, or of where a link leads */
	TAR_PATH_MAX	= 4096,
	/* of the blocks before a member's bytes */
	TAR_HEAD_MAX	= 2 * TAR_BLOCK + 3 * TAR_PATH_MAX,
};

struct tar_member {
	enum tar_kind	 kind;
	const char	*path;
	const char	*target;	/* of a link; else "" */
	mode_t		 mode;		/* permissions alone */
	uint64_t	 size;		/* of a file; else 0 */
	int64_t		 time;		/* of its last change; from 0 on */
};

/* Adds the blocks that stand before the member's bytes. */
void	tar_add(struct str *out, const struct tar_member *member);

/* How many bytes there must be of a head to read it, as far as the first len
 * of it tell: more than len until all of it is there.  0: it is none. */
size_t	tar_needs(struct slice head);

/* The member whose head this is, in pool.  False: it is none of ours. */
bool	tar_read(struct slice head, struct pool *pool,
	    struct tar_member *out);

/* The zeros behind so many bytes. */
size_t	tar_padding(uint64_t size);

#endif
