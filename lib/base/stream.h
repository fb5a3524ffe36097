/* stream.h: bytes that come from several places, read as one.
 *
 * A list of pieces, each in memory or a range of a file, read from the first
 * to the last as often as wanted.  Everything is borrowed.
 */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>

#include "err.h"
#include "str.h"

struct piece {
	struct slice	memory;		/* when fd is -1 */
	int		fd;
	off_t		start;
	uint64_t	len;		/* of the range of fd */
};

enum { STREAM_PIECES = 8 };

struct stream {
	struct piece	pieces[STREAM_PIECES];
	size_t		count;
	size_t		at;		/* the piece that is being read */
	uint64_t	offset;		/* in it */
};

void	stream_add_memory(struct stream *stream, struct slice bytes);
void	stream_add_file(struct stream *stream, int fd, off_t start,
	    uint64_t len);
/* All pieces of another one. */
void	stream_add(struct stream *stream, const struct stream *more);
uint64_t stream_size(const struct stream *stream);
void	stream_rewind(struct stream *stream);

/* Up to size bytes: the count, 0 at the end, -1 when a file cannot be read or
 * is shorter than it was. */
ssize_t	stream_read(struct stream *stream, void *p, size_t size,
	    struct err *err);

/* The next bytes, 64 KiB at most: where they lie in memory, or read from a file
 * into buffer.  1, 0 at the end, -1; they are there until the next call. */
int	stream_next(struct stream *stream, struct str *buffer,
	    struct slice *bytes, struct err *err);

/* All that is left, to fd: what lies in memory in one call, behind a file with
 * its last bytes.  seen() is shown all of it on its way; NULL: nobody is. */
int	stream_copy(struct stream *stream, int fd,
	    void (*seen)(void *arg, struct slice bytes), void *arg,
	    struct err *err);

#endif
