/* parcel.h: files on their way between the process that is root and the one
 * that has become their account.
 *
 * Each is a head of fixed size, its path, where it leads if it is a link, and
 * its bytes.  Whoever takes one believes nothing of it: a path leads down, a
 * size is what there is room for.
 */
#ifndef PARCEL_H
#define PARCEL_H

#include <stdint.h>

#include "err.h"
#include "str.h"
#include "tar.h"

enum parcel_kind {
	PARCEL_MEMBER,
	PARCEL_VOID,		/* it was taken back */
	PARCEL_NOTE,		/* path is what somebody should know */
	PARCEL_END,
};

struct parcel {
	uint32_t	kind, member;		/* enum tar_kind */
	uint32_t	mode, path_len, target_len;
	uint32_t	unused;
	uint64_t	size;
	int64_t		time;
};

/* Writes the head with its path and target. */
int	parcel_put(int fd, enum parcel_kind kind,
	    const struct tar_member *member, struct err *err);

/* Reads one; path and target live in pool, the bytes come next.  ERR_INVALID:
 * it is none. */
int	parcel_get(int fd, struct pool *pool, enum parcel_kind *kind,
	    struct tar_member *member, struct err *err);

#endif
