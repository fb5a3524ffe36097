/* uids_read.h: what ".NAME.uids" says that can matter.
 *
 * That is of messages that are there, of each hash no more numbers than it has
 * messages, and which number comes next; and of those of the last day that are
 * gone, as many as are remembered.  So a mailbox of n messages costs as much
 * memory, whatever lies there.
 */
#ifndef UIDS_READ_H
#define UIDS_READ_H

#include "uids.h"

enum {
	/* some two million lines: no mbox is that large */
	UIDS_FILE_MAX = 1 << 28,
	/* Lines without a twin that is there go after so many seconds, and
	 * there are no more than so many: those of the last QUIT before
	 * others. */
	UIDS_GONE_SECONDS = 24 * 60 * 60,
	UIDS_GONE_MAX = 1 << 16,
	/* Less than this is not worth another file. */
	UIDS_SMALL = 1 << 16,
};

/* Which hashes there are, and how often. */
struct uid_census {
	const struct uid_hash	*hashes;	/* of each message; borrowed */
	size_t			 count;
	/* how many of the messages up to it have its hash */
	uint32_t		*place;
	/* by hash, the last message that has it, from 1; 0: none */
	uint32_t		*last;
	size_t			 slots;		/* a power of two */
	uint64_t		 seed;
};

void	uid_census_take(const struct uid_hash *hashes, size_t count,
	    struct uid_census *out);
void	drop_uid_census(struct uid_census *census);
/* How many messages have the hash. */
uint32_t uid_census_count(const struct uid_census *census,
	    const struct uid_hash *hash);

/* What tells these messages, in their order, from others. */
uint64_t uid_fingerprint(const struct uid_hash *hashes, size_t count);

int	uid_compare(const struct uid_hash *a, const struct uid_hash *b);

/* Whether that is less than a day ago.  A clock that was set back meanwhile, by
 * less than a day, makes it a time to come. */
bool	uid_is_recent(uint64_t deleted_at, uint64_t now);

/* Fills what is known in *uids, or why nothing is (uids->note). */
int	uids_read(int dir, const char *name, ino_t inode,
	    const struct uid_census *census, struct uids *uids,
	    struct err *err);

#endif
