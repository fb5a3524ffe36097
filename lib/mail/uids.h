/* uids.h: telling identical messages of an mbox apart, for good.
 *
 * A message's unique id is a hash of what it says; messages with the same hash
 * are twins, and the file's order numbers them from 1.  Once one of them has
 * been deleted the order alone no longer tells: then ".NAME.uids" beside the
 * mbox says which numbers are left, and which is the next one to give.  Where
 * none is left that is remembered for a day, so that the same message, when it
 * comes again, is another one.  The file may be lost: then the twins that are
 * left are numbered anew.  One that cannot be read now is not lost.
 */
#ifndef UIDS_H
#define UIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "pool.h"
#include "str.h"

#define UIDS_MAGIC	"vmail-uids 2"
/* instead of an inode number: the same file, when it has lost its end */
#define UIDS_OF_REST	((ino_t)0)

struct uid_hash {
	uint64_t	high, low;
};

/* A line of the file: twins that are there, in the mbox's order. */
struct uid_twins {
	struct uid_hash	 hash;
	uint64_t	 deleted_at;	/* the last one: seconds since 1970 */
	uint32_t	 next;		/* the number that a new one gets */
	uint32_t	 count;
	uint32_t	*ordinals;
};

struct uids {
	uint32_t		*ordinals;	/* of each message, from 1 */
	/* from the file, sorted by hash */
	struct uid_twins	*known;
	size_t			 known_count, known_room;
	struct pool		 pool;
};

/* Numbers the messages of the mbox dir/name, whose inode number is given.  To be
 * dropped after -1, too. */
int	uids_assign(int dir, const char *name, ino_t inode,
	    const struct uid_hash *hashes, size_t count, struct uids *uids,
	    struct err *err);
void	drop_uids(struct uids *uids);

/* Before a file without the deleted messages (new_inode) takes the place of
 * the old one: writes down what cannot be told by order afterwards.  What it
 * writes is right whether or not the old file is replaced, or cut, then. */
int	uids_keep(int dir, const char *name, ino_t inode, ino_t new_inode,
	    const struct uid_hash *hashes, const bool *deleted, size_t count,
	    const struct uids *uids, struct err *err);

/* When it has taken its place: what was written of the old one counts no more,
 * or it would for a file that gets its inode number one day, or has it still. */
int	uids_forget_old(int dir, const char *name, bool durable,
	    struct err *err);

/* Adds the text of the file as it is right beside a copy of the mbox (whose
 * inode number is another one); nothing where there is none that counts. */
int	uids_copy(int dir, const char *name, ino_t inode, struct str *out,
	    struct err *err);

#endif
