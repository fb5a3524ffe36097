/* mbox_growth.h: whether an mbox file has done nothing but grow since.
 *
 * A stamp tells what a file is like from what it is like after any change.
 * Deliveries of ours carry on, in the queue file and under its lock, what the
 * file was like when a session knew all of it, and what it is like since they
 * appended to it.  Whoever finds it just so knows that nobody else was there.
 */
#ifndef MBOX_GROWTH_H
#define MBOX_GROWTH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "str.h"

struct mbox_stamp {
	dev_t		dev;
	ino_t		ino;		/* 0: of no file */
	off_t		size;
	struct timespec	modified, changed;
};

struct mbox_stamp mbox_stamp_of(const struct stat *st);
bool	mbox_stamp_same(const struct mbox_stamp *a, const struct mbox_stamp *b);

/* A change of the file from now on gives it another stamp, because the kernel's
 * clock has gone on since the last one. */
bool	mbox_stamp_is_final(const struct mbox_stamp *stamp);

/* The same at once, for who has fd locked and owns it: the time of its
 * modification becomes one between the ticks of that clock.  False: the file
 * system has no such times. */
bool	mbox_stamp_finish(int fd, struct mbox_stamp *stamp);

/* The text of the queue file, one line, and back: *since is what the file was
 * like, if it is now as the text says; else of no file. */
void	mbox_growth_add(struct str *out, const struct mbox_stamp *since,
	    const struct mbox_stamp *now);
void	mbox_growth_read(const char *text, const struct mbox_stamp *now,
	    struct mbox_stamp *since);

#endif
