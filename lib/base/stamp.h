/* stamp.h: what a file is like, to know whether it has changed since. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct stamp {
	dev_t		dev;
	ino_t		ino;		/* 0: of no file */
	off_t		size;
	struct timespec	modified, changed;
};

struct stamp stamp_of(const struct stat *st);
bool	stamp_same(const struct stamp *a, const struct stamp *b);

/* Whether the file that fd has open still is so. */
bool	stamp_holds(const struct stamp *stamp, int fd);

/* Whether a change from tick on, of a clock that goes on each tick_ns
 * nanoseconds, has another time than one at changed.  Times without a fraction
 * are those of file systems that have none (ext3, ext4 with small inodes, FAT),
 * where it takes two seconds. */
bool	stamp_is_over(const struct timespec *changed,
	    const struct timespec *tick, int64_t tick_ns);

/* A change of the file from now on gives it another stamp, because the kernel's
 * clock has gone on since the last one. */
bool	stamp_is_final(const struct stamp *stamp);

/* The same at once, for who has fd locked and owns it: the time of its
 * modification becomes one between the ticks of that clock.  False: the file
 * system has no such times. */
bool	stamp_finish(int fd, struct stamp *stamp);

#endif
