/* change.h: what directories hold, changed in front of a watcher.
 *
 * A program that keeps account of its changes watches: it hears of every file
 * that is replaced (draft_commit()), and of what is moved, made and removed by
 * these functions, before it happens.  It can refuse a change.  It can also
 * have all of them left out, to see what would be done: then it says what is to
 * be found where they would have happened.  Without a watcher these functions
 * are the system calls.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"
#include "ident.h"

enum change_kind {
	CHANGE_FILE,		/* gets what fd holds; fd -1: is removed */
	/* is made, and says "to"; a file or link that is there is replaced */
	CHANGE_LINK,
	CHANGE_MOVE,		/* to to_dir/to */
	/* what is there, if anything, to to_dir/to; a link that says "mark", or
	 * (NULL) nothing, in its place */
	CHANGE_RELOCATE,
	CHANGE_COPY,		/* is made, as to_dir/to is */
	CHANGE_MAKE_DIR,
	CHANGE_REMOVE_DIR,	/* an empty one */
	CHANGE_DESTROY,		/* with all that is in it, for good */
	CHANGE_MODE,		/* owner and mode are mended */
	/* an empty file is made, or a file removed, by a process that has
	 * become who */
	CHANGE_MAKE_AS,
	CHANGE_REMOVE_AS,
};

struct change {
	enum change_kind	 kind;
	int			 dir;
	const char		*name;	/* a path where dir is AT_FDCWD */
	int			 fd;
	int			 to_dir;
	const char		*to;
	const char		*mark;
	struct ident		 who;
};

struct change_watcher {
	/* 1: it is to be made, 0: it is to be left out, -1: it is refused. */
	int	(*tell)(void *arg, const struct change *change,
		    struct err *err);
	/* 0: what is on the disk counts.  1: what is to be found there: *fd, or
	 * -1 for nothing.  NULL: nothing is ever left out. */
	int	(*find)(void *arg, int dir, const char *name, int flags,
		    int *fd);
	/* With find: the name of what would be made in the directory, by its
	 * number; NULL: no more. */
	const char *(*made)(void *arg, int dir, size_t i);
	/* The change that was told last was not made after all.  May be NULL. */
	void	(*not_made)(void *arg);
	void	 *arg;
};

/* From now on this one watches; NULL: nobody.  The one before is returned. */
const struct change_watcher *change_watch(const struct change_watcher *watcher);

/* For who changes something by other means: as tell() above. */
int	change_tell(const struct change *change, struct err *err);

void	change_not_made(void);

/* Whether somebody watches, and whether changes are left out. */
bool	change_is_watched(void);
bool	change_is_rehearsed(void);

/* As find() above. */
int	change_find(int dir, const char *name, int flags, int *fd);

/* openat(), fstatat() without following a link, and readlinkat(), of what is to
 * be found. */
int	change_open(int dir, const char *name, int flags);
int	change_stat(int dir, const char *name, struct stat *st);
ssize_t	change_read_link(int dir, const char *name, char *says, size_t size);

/* readdir() of what is to be found; *made is 0 at first.  What it returns stays
 * until the next call. */
const struct dirent *change_read_dir(DIR *dir, size_t *made);

/* None of these syncs a directory. */

/* A file or a link; *was (may be NULL) tells whether it was there. */
int	change_remove(int dir, const char *name, bool *was, struct err *err);

enum { CHANGE_MOVED, CHANGE_NOTHING_THERE, CHANGE_IN_THE_WAY };
/* Never over something: one of the three, or -1. */
int	change_move(int dir, const char *name, int to_dir, const char *to,
	    struct err *err);

/* 0: made, 1: something is there. */
int	change_make_dir(int dir, const char *name, mode_t mode,
	    struct err *err);

/* 0: removed, 1: it is not there, is not empty, or is none. */
int	change_remove_dir(int dir, const char *name, struct err *err);

int	change_make_link(const char *says, int dir, const char *name,
	    struct err *err);

/* The same in place of whatever file or link is there, in one step. */
int	change_put_link(const char *says, int dir, const char *name,
	    struct err *err);

#endif
