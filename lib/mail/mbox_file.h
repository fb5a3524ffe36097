/* mbox_file.h: an mbox file, opened, checked and locked as one object.
 *
 * Locks, in this order: a queue lock of our own on ".NAME.queue" (waited for
 * in the kernel, nothing else held), then the lock file NAME.lock and a kernel
 * lock on the file itself, both without waiting and both released before a
 * retry, so that no order of other programs can deadlock with us.  The lock file
 * is a second name of the queue file, which begins with its text.  A queue file
 * with yet another name (a backup's, made by links) is left to that: a new one
 * takes its place.
 *
 * ".NAME.queue" also holds the undo record: where an append that has not
 * ended began, how long it would be, and its first bytes.  Whoever comes next
 * takes a torn tail away by it, if it is the tail that the record tells of and
 * no other program's message follows it.  Where no append is under way it holds
 * what mbox_growth.h is about.
 */
#ifndef MBOX_FILE_H
#define MBOX_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "deadline.h"
#include "dotlock.h"
#include "err.h"
#include "stamp.h"
#include "str.h"

struct mbox_file {
	int		 dir;		/* borrowed */
	const char	*name;		/* borrowed */
	/* -1: no queue file (a /file target elsewhere) */
	int		 queue;
	struct dotlock	 dotlock;
	/* read and write, append; -1: nothing open */
	int		 fd;
	/* as it was when the locks were had; its size, as our appends left
	 * it */
	struct stat	 st;
	/* what it was like before deliveries of ours, which nobody else has
	 * touched since; or of no file */
	struct stamp since;
};
enum {
	/* where the record lies in the queue file, and its room */
	MBOX_RECORD_AT	= 512,
	MBOX_RECORD_MAX	= 512,
};
#define MBOX_FILE_NONE	((struct mbox_file){ .queue = -1, .fd = -1 })

enum mbox_file_how {
	MBOX_FILE_EXISTING,	/* ERR_ABSENT when it is missing */
	MBOX_FILE_CREATE,	/* made when missing, mode 0600; then it
				 * stays */
	MBOX_FILE_FOREIGN,	/* made when missing;
	    a directory that is not ours: no queue
				 * file, and a lock file only where one can be
				 * made */
};

/* The file must be regular, with one link, and belong to this process's uid:
 * else ERR_REFUSED.  Not getting the locks by the deadline is ERR_BUSY. */
int	mbox_file_open(int dir, const char *name, enum mbox_file_how how,
	    struct deadline d, struct mbox_file *out, struct err *err);

/* Gives the locks back; the descriptor stays open for reading.  After -1 the
 * file's own lock stays until that is dropped. */
int	mbox_file_unlock(struct mbox_file *file, struct err *err);
void	drop_mbox_file(struct mbox_file *file);

/* The undo record: written before an append of len bytes, which begin with
 * head, at the file's end (durable when durable is set); cleared when it was
 * undone, or has ended. */
int	mbox_file_record(struct mbox_file *file, uint64_t len,
	    struct slice head, bool durable, struct err *err);
void	mbox_file_clear(struct mbox_file *file);
void	mbox_file_appended(struct mbox_file *file);

/* Takes the tail from start on away: after an error or a crash all of it is
 * there or, when the file is opened the next time, none.  There must be a queue
 * file.  Numbered: uids_keep() has written for it.  -1: errno tells whether
 * that was for want of room. */
int	mbox_file_cut(struct mbox_file *file, off_t start, bool numbered,
	    struct err *err);

/* For mbox_file_open(): ends what the record says. */
int	mbox_file_undo(struct mbox_file *file, struct err *err);

/* All of the file is known, and this is what it is like. */
void	mbox_file_known(struct mbox_file *file, const struct stamp *stamp);

#endif
