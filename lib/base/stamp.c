/* stamp.c: what a file is like, to know whether it has changed since. */
#include "stamp.h"

struct stamp
stamp_of(const struct stat *st)
{
	return (struct stamp){ st->st_dev, st->st_ino, st->st_size,
	    st->st_mtim, st->st_ctim };
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(&a->modified, &b->modified) &&
	    same_time(&a->changed, &b->changed);
}

bool
stamp_holds(const struct stamp *stamp, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return false;
	const struct stamp now = stamp_of(&st);
	return stamp_same(stamp, &now);
}

bool
stamp_is_over(const struct timespec *changed, const struct timespec *tick,
    int64_t tick_ns)
{
	enum { NS = 1000000000 };
	/* A file system that counts whole seconds, or two at once (FAT). */
	int64_t least = changed->tv_nsec == 0 ? 2LL * NS : tick_ns;
	int64_t age = (tick->tv_sec - changed->tv_sec) * (int64_t)NS +
	    tick->tv_nsec - changed->tv_nsec;

	return age >= least;
}

/* Changes carry the time of the kernel's last tick, milliseconds apart, which
 * is what the coarse clock tells. */
bool
stamp_is_final(const struct stamp *stamp)
{
	struct timespec tick;

	return clock_gettime(CLOCK_REALTIME_COARSE, &tick) == 0 &&
	    stamp_is_over(&stamp->changed, &tick, 1);
}

bool
stamp_finish(int fd, struct stamp *stamp)
{
	struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 0 } };
	struct stat st;

	if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1 ||
	    futimens(fd, times) == -1 || fstat(fd, &st) == -1 ||
	    !same_time(&st.st_mtim, &times[1]))
		return false;
	*stamp = stamp_of(&st);
	return true;
}
