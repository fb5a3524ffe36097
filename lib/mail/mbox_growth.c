/* mbox_growth.c: whether an mbox file has done nothing but grow since. */
#include "mbox_growth.h"

#include <stdio.h>

struct mbox_stamp
mbox_stamp_of(const struct stat *st)
{
	return (struct mbox_stamp){ st->st_dev, st->st_ino, st->st_size,
	    st->st_mtim, st->st_ctim };
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
mbox_stamp_same(const struct mbox_stamp *a, const struct mbox_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(&a->modified, &b->modified) &&
	    same_time(&a->changed, &b->changed);
}

/* Changes carry the time of the kernel's last tick, milliseconds apart, which
 * is what the coarse clock tells. */
bool
mbox_stamp_is_final(const struct mbox_stamp *stamp)
{
	const struct timespec *changed = &stamp->changed;
	struct timespec tick;

	return clock_gettime(CLOCK_REALTIME_COARSE, &tick) == 0 &&
	    (tick.tv_sec > changed->tv_sec ||
	    (tick.tv_sec == changed->tv_sec &&
	    tick.tv_nsec > changed->tv_nsec));
}

bool
mbox_stamp_finish(int fd, struct mbox_stamp *stamp)
{
	struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 0 } };
	struct stat st;

	if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1 ||
	    futimens(fd, times) == -1 || fstat(fd, &st) == -1 ||
	    !same_time(&st.st_mtim, &times[1]))
		return false;
	*stamp = mbox_stamp_of(&st);
	return true;
}

/* "since INODE" and twice size, modified and changed, seconds and nanoseconds
 * each. */
static const char form[] = "since %llu %lld %lld %ld %lld %ld "
    "%lld %lld %ld %lld %ld\n%n";

void
mbox_growth_add(struct str *out, const struct mbox_stamp *since,
    const struct mbox_stamp *now)
{
	const struct mbox_stamp *both[] = { since, now };

	str_addf(out, "since %llu", (unsigned long long)since->ino);
	for (size_t i = 0; i < 2; i++)
		str_addf(out, " %lld %lld %ld %lld %ld",
		    (long long)both[i]->size,
		    (long long)both[i]->modified.tv_sec,
		    both[i]->modified.tv_nsec,
		    (long long)both[i]->changed.tv_sec,
		    both[i]->changed.tv_nsec);
	str_addc(out, '\n');
}

void
mbox_growth_read(const char *text, const struct mbox_stamp *now,
    struct mbox_stamp *since)
{
	struct { long long size, ms, cs; long mns, cns; } was, is;
	unsigned long long ino;
	int used = 0;

	*since = (struct mbox_stamp){ 0 };
	if (sscanf(text, form, &ino, &was.size, &was.ms, &was.mns, &was.cs,
	    &was.cns, &is.size, &is.ms, &is.mns, &is.cs, &is.cns, &used) != 11)
		return;
	struct mbox_stamp found = { now->dev, ino, is.size,
	    { is.ms, is.mns }, { is.cs, is.cns } };
	if (used > 0 && text[used - 1] == '\n' && was.size <= is.size &&
	    mbox_stamp_same(&found, now))
		*since = (struct mbox_stamp){ now->dev, ino, was.size,
		    { was.ms, was.mns }, { was.cs, was.cns } };
}
