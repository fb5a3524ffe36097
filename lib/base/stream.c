/* stream.c: bytes that come from several places, read as one. */
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "fd.h"

static struct piece *
next_piece(struct stream *s)
{
	if (s->count == STREAM_PIECES)
		abort();
	return &s->pieces[s->count++];
}

void
stream_add_memory(struct stream *s, struct slice bytes)
{
	if (bytes.len > 0)
		*next_piece(s) = (struct piece){ .memory = bytes, .fd = -1 };
}

void
stream_add_file(struct stream *s, int fd, off_t start, uint64_t len)
{
	if (len > 0)
		*next_piece(s) = (struct piece){ .fd = fd, .start = start,
		    .len = len };
}

static uint64_t
piece_size(const struct piece *p)
{
	return p->fd == -1 ? p->memory.len : p->len;
}

uint64_t
stream_size(const struct stream *s)
{
	uint64_t size = 0;

	for (size_t i = 0; i < s->count; i++)
		size += piece_size(&s->pieces[i]);
	return size;
}

void
stream_rewind(struct stream *s)
{
	s->at = 0;
	s->offset = 0;
}

static ssize_t
read_piece(const struct piece *p, uint64_t offset, void *to, size_t size,
    struct err *err)
{
	if (p->fd == -1) {
		memcpy(to, p->memory.p + offset, size);
		return (ssize_t)size;
	}
	ssize_t n = fd_pread(p->fd, to, size, p->start + (off_t)offset);
	if (n == -1)
		return err_sys(err, "read the stored message");
	if ((size_t)n < size)
		return err_set(err, ERR_TEMPORARY,
		    "the file became shorter while it was read");
	return n;
}

ssize_t
stream_read(struct stream *s, void *p, size_t size, struct err *err)
{
	size_t got = 0;

	while (got < size && s->at < s->count) {
		const struct piece *piece = &s->pieces[s->at];
		uint64_t left = piece_size(piece) - s->offset;
		size_t want = left < size - got ? (size_t)left : size - got;
		if (read_piece(piece, s->offset, (char *)p + got, want,
		    err) == -1)
			return -1;
		got += want;
		s->offset += want;
		if (want == left) {
			s->at++;
			s->offset = 0;
		}
	}
	return (ssize_t)got;
}

int
stream_copy(struct stream *s, int fd, struct err *err)
{
	enum { CHUNK = 65536 };
	char chunk[CHUNK];
	ssize_t n;

	while ((n = stream_read(s, chunk, sizeof chunk, err)) > 0)
		if (fd_write(fd, chunk, (size_t)n) == -1)
			return err_sys(err, "write");
	return n == -1 ? -1 : 0;
}
