/* archive_write.h: a backup that is being written: members, then their
 * checksums.
 *
 * A file gets its name when all of it is on the disk: until then it is
 * ".NAME.new" beside it.
 */
#ifndef ARCHIVE_WRITE_H
#define ARCHIVE_WRITE_H

#include <sha2.h>

#include "err.h"
#include "file.h"
#include "pool.h"
#include "tar.h"

struct archive {
	int		 fd;		/* borrowed: of draft, or 1 */
	int		 dir;		/* where the file is to be */
	const char	*path;		/* for people */
	struct draft	 draft;
	int		 manifest;	/* an unnamed file, up to now */
	uint64_t	 members;
	SHA2_CTX	 whole;		/* of every byte up to now */
	/* of the member under way */
	SHA2_CTX	 sum;
	const char	*name;
	uint64_t	 left, size;
	struct pool	 pool;
	/* what has to be written yet */
	struct str	 buffer;
};
#define ARCHIVE_NONE	((struct archive){ .fd = -1, .dir = -1, \
			    .draft.fd = -1, .manifest = -1 })

/* Where it would be: the file's directory and name; for "-", which is standard
 * output, *dir is -1. */
int	archive_place(const char *path, int *dir, const char **name,
	    struct err *err);

int	archive_begin(struct archive *archive, const char *path,
	    struct err *err);

/* A file's bytes follow by archive_bytes(), just so many as its size says. */
int	archive_member(struct archive *archive,
	    const struct tar_member *member, struct err *err);
int	archive_bytes(struct archive *archive, const void *p, size_t len,
	    struct err *err);

/* A file of root's making, whole. */
int	archive_text(struct archive *archive, const char *path, mode_t mode,
	    struct slice text, struct err *err);

/* The checksums; all of it is on the disk, and has its name. */
int	archive_end(struct archive *archive, struct err *err);
void	drop_archive(struct archive *archive);

/* An unnamed file where the archive lies, for what has to be kept meanwhile. */
int	archive_scratch(const struct archive *archive, int *fd,
	    struct err *err);

#endif
