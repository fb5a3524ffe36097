/* tries.h: who did something lately, and how often: a file of one size that
 * all processes share, without a daemon.
 *
 * What is remembered is safe to lose: where there is no room the oldest is
 * forgotten, and a damaged file is begun anew.  Names are not in the file, but
 * hashes with a key of its own.
 */
#ifndef TRIES_H
#define TRIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "deadline.h"
#include "err.h"
#include "str.h"

enum {
	TRIES_TIMES	= 6,		/* that are remembered of each */
	TRIES_BUCKETS	= 4096,		/* of each kind */
	TRIES_SLOTS	= 8,		/* in each of them */
};

/* Each has room of its own. */
enum tries_kind {
	TRIES_PEER,
	TRIES_ACCOUNT,
	TRIES_LOGIN,
	TRIES_KNOWN,		/* a peer and an account that go together */
	TRIES_KINDS,
};

struct tries {
	int		fd;
	uint64_t	key[2];
};

#define TRIES_NONE	((struct tries){ .fd = -1 })

/* dir/name, made when missing.  -1: it is not ours, or cannot be used. */
int	tries_open(int dir, const char *name, struct tries *out,
	    struct err *err);
/* How long such a file is. */
off_t	tries_file_size(void);
void	drop_tries(struct tries *tries);

/* Adds now to the times of who.  *count: how many of them, now included, are
 * no older than seconds; TRIES_TIMES at most. */
int	tries_add(const struct tries *tries, enum tries_kind kind,
	    struct slice who, time_t now, unsigned seconds, unsigned *count,
	    struct err *err);

/* The same, and nothing is added. */
int	tries_count(const struct tries *tries, enum tries_kind kind,
	    struct slice who, time_t now, unsigned seconds, unsigned *count,
	    struct err *err);

/* Adds now unless there is a time that is less than seconds old.  1: added, 0:
 * not.  Of two at once one alone is. */
int	tries_claim(const struct tries *tries, enum tries_kind kind,
	    struct slice who, time_t now, unsigned seconds, struct err *err);

/* Takes the newest time away. */
int	tries_take_back(const struct tries *tries, enum tries_kind kind,
	    struct slice who, struct err *err);

/* Who waits for the turn of one name goes on when who has it leaves, or ends:
 * one at a time.  1: it had to wait; 0: nobody had the turn. */
int	tries_wait(const struct tries *tries, enum tries_kind kind,
	    struct slice who, struct deadline d, struct err *err);
void	tries_leave(const struct tries *tries, enum tries_kind kind,
	    struct slice who);

#endif
