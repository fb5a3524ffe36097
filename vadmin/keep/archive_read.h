/* archive_read.h: a backup that is read, member by member.
 *
 * archive_check() comes first and reads all of it: what is torn, was changed
 * or has a member that no backup has is refused before anything is restored.
 */
#ifndef ARCHIVE_READ_H
#define ARCHIVE_READ_H

#include <stddef.h>

#include "err.h"
#include "manifest.h"
#include "place.h"
#include "pool.h"
#include "tar.h"

/* The members of a domain stand beside one another. */
struct archive_domain {
	const char	*name;
	uint64_t	 at, end;
	size_t		 accounts;
};

struct archive_index {
	char			 id[MANIFEST_HEX + 1];	/* of these bytes */
	struct archive_domain	*domains;
	size_t			 count, room;
	struct pool		 pool;
};
void	drop_archive_index(struct archive_index *index);

struct archive_reader {
	int			 fd;
	const char		*path;		/* for people */
	uint64_t		 at;		/* of the next head */
	struct tar_member	 member;	/* the one that was found */
	struct place		 place;
	uint64_t		 content;	/* where its bytes begin */
	uint64_t		 read;		/* so many of them were */
	struct pool		 pool;		/* of member */
};

/* The file must be the caller's, and nobody else may write to it. */
int	archive_open(struct archive_reader *reader, const char *path,
	    struct err *err);
void	drop_archive_reader(struct archive_reader *reader);

/* ERR_INVALID: it is not a whole backup. */
int	archive_check(struct archive_reader *reader,
	    struct archive_index *index, struct err *err);

/* Goes on at a place that the index told. */
void	archive_seek(struct archive_reader *reader, uint64_t at);

/* 1: the next member.  0: the manifest, which is the last one. */
int	archive_next(struct archive_reader *reader, struct err *err);

/* Bytes of the member: 0 at its end. */
ssize_t	archive_read(struct archive_reader *reader, void *p, size_t size,
	    struct err *err);

/* All of them, of a small file. */
int	archive_read_text(struct archive_reader *reader, size_t max,
	    struct str *text, struct err *err);

#endif
