/* file.h: plain files: read, and replaced whole. */
#ifndef FILE_H
#define FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "err.h"
#include "stamp.h"
#include "str.h"

/* Opens a directory; what is there must be one.  Absent is ERR_ABSENT. */
int	dir_open(int parent, const char *path, int *fd, struct err *err);

/* The same for one that is made when missing, with this mode whatever the umask
 * is; a link in its place is not followed. */
int	dir_make(int parent, const char *path, mode_t mode, int *fd,
	    struct err *err);

/* closedir(), unless it is NULL. */
void	drop_dir(DIR **dir);

/* Opens a regular file for reading; *st may be NULL.  A FIFO, a device or a
 * directory in its place is a temporary error, and never waited for.  A
 * missing file is ERR_ABSENT.  With O_NOFOLLOW in flags, so is no link. */
int	file_open(int dir, const char *name, int flags, int *fd,
	    struct stat *st, struct err *err);

/* Adds the rest of fd to text; more than max bytes is ERR_INVALID. */
int	file_read(int fd, size_t max, struct str *text, struct err *err);

/* Writes all of from to to, in bounded memory; *size is how much.  Where from stands does
 * not matter. */
int	file_copy(int from, int to, off_t *size, struct err *err);

/* A file that is being replaced: written beside the old one as ".NAME.new",
 * and on commit synced, renamed over it, the directory synced.  Dropped
 * without commit it leaves the old file as it was.  Two at once on one name
 * must be kept apart by a lock of the caller.  A crash leaves the old file or
 * the new one, and maybe a ".NAME.new" that the next begin() takes away. */
struct draft {
	int	 dir;		/* borrowed */
	int	 fd;		/* write here; -1: no draft */
	char	*name;
	/* what it is called as long as it is a draft; in a rehearsal (change.h)
	 * a path that has no name in dir */
	char	*temporary;
	bool	 nameless;
	/* made from other files alone: no watcher is told (change.h) */
	bool	 derived;
	/* What it takes the place of, as begin() found it, or as its caller had
	 * read it before; of nothing where ino is 0.  Somebody's editor knows no
	 * lock. */
	struct stamp was;
};

/* commit() tells the watcher of change.h.  Where there is one it looks at the old
 * file once more right before it goes: ERR_TEMPORARY, it is not what it was.
 * Mode and owner are the old file's; a new file gets mode.  Where this process
 * may not give the file to the old one's group, no group gets any right. */
int	draft_begin(int dir, const char *name, mode_t mode, struct draft *draft,
	    struct err *err);
/* What the old file was is known (NULL: there was none); where others can write
 * to the directory, one of theirs may lie there by now. */
int	draft_begin_like(int dir, const char *name, const struct stat *old,
	    mode_t mode, struct draft *draft, struct err *err);
int	draft_commit(struct draft *draft, struct err *err);
/* The same without a sync, for what is safe to lose: after a crash the file
 * may hold anything. */
int	draft_publish(struct draft *draft, struct err *err);
void	drop_draft(struct draft *draft);

/* begin, write, commit in one. */
int	file_replace(int dir, const char *name, mode_t mode, struct slice text,
	    struct err *err);

#endif
