/* tries.c: who did something lately, and how often: a file of one size. */
#include "tries.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "lock.h"
#include "scope.h"
#include "siphash.h"

/* For a process that is in the middle of a read and a write. */
enum { BUSY_MS = 5000 };

/* --- the file ------------------------------------------------------------ */

#define MAGIC	"vmail tries 1\n"

struct header {
	char		magic[16];
	uint64_t	key[2];
	uint32_t	kinds, buckets, slots, times;
	char		rest[16];
};

struct slot {
	uint64_t	who;			/* 0: free */
	uint32_t	times[TRIES_TIMES];	/* the newest first; 0: none */
};

struct bucket {
	struct slot	slots[TRIES_SLOTS];
};

static_assert(sizeof(struct header) == 64 && sizeof(struct slot) == 32,
    "the file is the same for every compiler");

enum { FILE_SIZE = sizeof(struct header) +
    TRIES_KINDS * TRIES_BUCKETS * sizeof(struct bucket) };

static const struct lock_part header_part = { 0, sizeof(struct header) };

static struct header
header_of(const uint64_t key[2])
{
	struct header h = {
		.key = { key[0], key[1] }, .kinds = TRIES_KINDS,
		.buckets = TRIES_BUCKETS, .slots = TRIES_SLOTS,
		.times = TRIES_TIMES,
	};

	memcpy(h.magic, MAGIC, sizeof MAGIC);
	return h;
}

static bool
is_good(int fd, struct header *h)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_size != FILE_SIZE ||
	    fd_pread(fd, h, sizeof *h, 0) != (ssize_t)sizeof *h)
		return false;
	struct header wanted = header_of(h->key);
	return memcmp(h, &wanted, sizeof wanted) == 0;
}

/* Who finds the file damaged while another begins it anew waits for that. */
static int
begin_anew(int fd, struct header *h, struct err *err)
{
	uint64_t key[2];

	if (lock_wait_part(fd, header_part, deadline_in(BUSY_MS), err) == -1)
		return -1;
	int result = 0;
	if (!is_good(fd, h)) {
		if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
			result = err_sys(err, "random bytes");
		else {
			*h = header_of(key);
			if (ftruncate(fd, 0) == -1 ||
			    ftruncate(fd, FILE_SIZE) == -1 ||
			    pwrite(fd, h, sizeof *h, 0) != (ssize_t)sizeof *h)
				result = err_sys(err, "write");
		}
	}
	lock_release_part(fd, header_part);
	return result;
}

int
tries_open(int dir, const char *name, struct tries *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct header h;

	if (lock_open_file(dir, name, 1, &fd, err) == -1)
		return -1;
	if (!is_good(fd, &h) && begin_anew(fd, &h, err) == -1)
		return err_within(err, "%s", name);
	*out = (struct tries){ fd, { h.key[0], h.key[1] } };
	fd = -1;
	return 0;
}

off_t
tries_file_size(void)
{
	return FILE_SIZE;
}

void
drop_tries(struct tries *t)
{
	drop_fd(&t->fd);
	explicit_bzero(t->key, sizeof t->key);
}

/* --- one bucket ---------------------------------------------------------- */

struct place {
	const struct tries	*tries;
	uint64_t		 who;
	struct lock_part	 part;
	struct bucket		 bucket;
	struct slot		*slot;
};

static uint64_t
hash_of(const struct tries *t, enum tries_kind kind, struct slice who)
{
	SCOPED(drop_str) struct str text = { 0 };

	str_addc(&text, (char)kind);
	str_addslice(&text, who);
	uint64_t hash = siphash(t->key, str_slice(&text));
	return hash == 0 ? 1 : hash;
}

/* A time that is still to come is damage, or of a clock that was wrong. */
static uint32_t
newest(const struct slot *slot, time_t now)
{
	return slot->times[0] > (uint32_t)now ? 0 : slot->times[0];
}

/* The slot of who, or the one whose last time is the longest ago. */
static struct slot *
find_slot(struct bucket *bucket, uint64_t who, time_t now)
{
	struct slot *oldest = bucket->slots;

	for (size_t i = 0; i < TRIES_SLOTS; i++) {
		struct slot *slot = &bucket->slots[i];
		if (slot->who == who)
			return slot;
		if (newest(slot, now) < newest(oldest, now))
			oldest = slot;
	}
	*oldest = (struct slot){ .who = who };
	return oldest;
}

/* Until close_place() nobody else changes the bucket. */
static int
open_place(const struct tries *t, enum tries_kind kind, struct slice who,
    time_t now, struct place *p, struct err *err)
{
	p->tries = t;
	p->who = hash_of(t, kind, who);
	p->part = (struct lock_part){ (off_t)(sizeof(struct header) +
	    ((size_t)kind * TRIES_BUCKETS + p->who % TRIES_BUCKETS) *
	    sizeof(struct bucket)), sizeof(struct bucket) };
	if (lock_wait_part(t->fd, p->part, deadline_in(BUSY_MS), err) == -1)
		return -1;
	if (fd_pread(t->fd, &p->bucket, sizeof p->bucket, p->part.start) !=
	    (ssize_t)sizeof p->bucket)
		/* it is just being begun anew */
		p->bucket = (struct bucket){ 0 };
	p->slot = find_slot(&p->bucket, p->who, now);
	return 0;
}

static int
close_place(struct place *p, bool changed, struct err *err)
{
	int result = 0;

	if (changed && pwrite(p->tries->fd, &p->bucket, sizeof p->bucket,
	    p->part.start) != (ssize_t)sizeof p->bucket)
		result = err_sys(err, "remember a try");
	lock_release_part(p->tries->fd, p->part);
	return result;
}

static unsigned
count_since(const struct slot *slot, time_t now, unsigned seconds)
{
	unsigned count = 0;

	for (size_t i = 0; i < TRIES_TIMES; i++)
		count += slot->times[i] != 0 &&
		    slot->times[i] <= (uint32_t)now &&
		    (uint32_t)now - slot->times[i] < seconds;
	return count;
}

static void
push(struct slot *slot, time_t now)
{
	memmove(slot->times + 1, slot->times,
	    (TRIES_TIMES - 1) * sizeof *slot->times);
	slot->times[0] = (uint32_t)now;
}

/* --- what is asked ------------------------------------------------------- */

int
tries_count(const struct tries *t, enum tries_kind kind, struct slice who,
    time_t now, unsigned seconds, unsigned *count, struct err *err)
{
	struct place p;

	if (open_place(t, kind, who, now, &p, err) == -1)
		return -1;
	*count = count_since(p.slot, now, seconds);
	return close_place(&p, false, err);
}

int
tries_add(const struct tries *t, enum tries_kind kind, struct slice who,
    time_t now, unsigned seconds, unsigned *count, struct err *err)
{
	struct place p;

	if (open_place(t, kind, who, now, &p, err) == -1)
		return -1;
	push(p.slot, now);
	*count = count_since(p.slot, now, seconds);
	return close_place(&p, true, err);
}

int
tries_claim(const struct tries *t, enum tries_kind kind, struct slice who,
    time_t now, unsigned seconds, struct err *err)
{
	struct place p;

	if (open_place(t, kind, who, now, &p, err) == -1)
		return -1;
	bool is_free = count_since(p.slot, now, seconds) == 0;
	if (is_free)
		push(p.slot, now);
	return close_place(&p, is_free, err) == -1 ? -1 : is_free;
}

int
tries_take_back(const struct tries *t, enum tries_kind kind, struct slice who,
    struct err *err)
{
	struct place p;

	if (open_place(t, kind, who, time(NULL), &p, err) == -1)
		return -1;
	memmove(p.slot->times, p.slot->times + 1,
	    (TRIES_TIMES - 1) * sizeof *p.slot->times);
	p.slot->times[TRIES_TIMES - 1] = 0;
	return close_place(&p, true, err);
}

/* --- turns --------------------------------------------------------------- */

/* A byte far beyond the end of the file, for each kind in a region of its
 * own. */
static struct lock_part
turn_of(const struct tries *t, enum tries_kind kind, struct slice who)
{
	enum { REGION = 40 };

	return (struct lock_part){ ((off_t)kind + 1) << REGION |
	    (off_t)(hash_of(t, kind, who) >> (64 - REGION)), 1 };
}

int
tries_wait(const struct tries *t, enum tries_kind kind, struct slice who,
    struct deadline d, struct err *err)
{
	return lock_wait_part(t->fd, turn_of(t, kind, who), d, err);
}

void
tries_leave(const struct tries *t, enum tries_kind kind, struct slice who)
{
	lock_release_part(t->fd, turn_of(t, kind, who));
}
