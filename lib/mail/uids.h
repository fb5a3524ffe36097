/* uids.h: telling identical messages of an mbox apart, for good.
 *
 * A message's unique id is a hash of what it says; messages with the same hash
 * are twins, and the file's order numbers them from 1.  Once one of them has
 * been deleted the order alone no longer tells: then ".NAME.uids" beside the
 * mbox says which numbers are left, and which is the next one to give.  Where
 * none is left that is remembered for a day, so that the same message, when it
 * comes again, is another one.  The file may be lost: then the twins that are
 * left are numbered anew.  So they are where it is broken, too long or no file
 * of ours, and a note says so.  One that cannot be read now is not lost.
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
	uint64_t		 size;		/* of the file */
	/* of messages that are not there it knows numbers: they may come
	 * back */
	bool			 knows_others;
	/* what is wrong with the file, or was: for people; ERR_NONE: nothing */
	struct err		 note;
	bool			 written;	/* by uids_keep() */
};

/* Numbers the messages of the mbox dir/name, whose inode number is given.  To
 * be dropped after -1, too. */
int	uids_assign(int dir, const char *name, ino_t inode,
	    const struct uid_hash *hashes, size_t count, struct uids *uids,
	    struct err *err);
void	drop_uids(struct uids *uids);

/* After that: most of a long file may be what was deleted before the last day.
 * Then it is written anew, without; where that fails it stays. */
void	uids_shorten(int dir, const char *name, ino_t inode,
	    const struct uid_hash *hashes, size_t count,
	    const struct uids *uids);

/* Before a file without the deleted messages (new_inode) takes the place of
 * the old one: writes down what cannot be told by order afterwards.  What it
 * writes is right whether or not the old file is replaced, or cut, then, also
 * for a copy of either with another inode number.  What lies in its place and
 * is no file of ours becomes ".NAME.uids.damaged", with a note.
 *
 * Where there is no room for it the file stays as it is, and uids->written
 * false, if by that those that stay keep their numbers: then all that is not
 * known is that the deleted ones were there. */
int	uids_keep(int dir, const char *name, ino_t inode, ino_t new_inode,
	    const struct uid_hash *hashes, const bool *deleted, size_t count,
	    struct uids *uids, struct err *err);

/* When it has taken its place: what was written of the old one counts no more,
 * or it would for a file that gets its inode number one day, or has it
 * still. */
int	uids_forget_old(int dir, const char *name, bool durable,
	    struct err *err);

/* Opens the file by these flags.  *fd stays -1 where there is none that counts:
 * it must be a plain file that belongs to this process's uid.  *why says it of
 * one that is there. */
int	uids_open(int dir, const char *name, int flags, int *fd,
	    struct err *why, struct err *err);

/* Adds the text of the file as it is right beside a copy of the mbox (whose
 * inode number is another one); nothing where there is none that counts. */
int	uids_copy(int dir, const char *name, ino_t inode, struct str *out,
	    struct err *err);

#endif
