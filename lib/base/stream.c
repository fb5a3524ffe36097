/* stream.c: bytes that come from several places, read as one. */
#include "stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fd.h"
#include "scope.h"

enum { CHUNK = 65536 };

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

void
stream_add(struct stream *s, const struct stream *more)
{
	for (size_t i = 0; i < more->count; i++)
		*next_piece(s) = more->pieces[i];
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
stream_next(struct stream *s, struct str *buffer, struct slice *bytes,
    struct err *err)
{
	if (s->at == s->count)
		return 0;
	const struct piece *piece = &s->pieces[s->at];
	uint64_t left = piece_size(piece) - s->offset;
	size_t len = left < CHUNK ? (size_t)left : CHUNK;

	if (piece->fd == -1) {
		*bytes = (struct slice){ piece->memory.p + s->offset, len };
	} else {
		str_room(buffer, len);
		if (read_piece(piece, s->offset, buffer->s, len, err) == -1)
			return -1;
		*bytes = (struct slice){ buffer->s, len };
	}
	s->offset += len;
	if (len == left) {
		s->at++;
		s->offset = 0;
	}
	return 1;
}

static struct iovec
vector(struct slice s)
{
	return (struct iovec){ (void *)(uintptr_t)s.p, s.len };
}

/* The pieces in memory that come next. */
static int
next_in_memory(struct stream *s, struct iovec *v)
{
	int count = 0;

	for (; s->at < s->count && s->pieces[s->at].fd == -1; s->at++) {
		v[count++] = vector(slice_from(s->pieces[s->at].memory,
		    (size_t)s->offset));
		s->offset = 0;
	}
	return count;
}

/* With the last bytes of a file goes what follows it: who is killed between
 * two writes has left something out that can be seen to be missing. */
int
stream_copy(struct stream *s, int fd,
    void (*seen)(void *arg, struct slice bytes), void *arg, struct err *err)
{
	SCOPED(drop_str) struct str buffer = { 0 };
	struct iovec v[STREAM_PIECES];
	struct slice bytes;

	while (s->at < s->count) {
		int count = next_in_memory(s, v);
		if (count == 0) {
			if (stream_next(s, &buffer, &bytes, err) == -1)
				return -1;
			v[0] = vector(bytes);
			count = 1 + next_in_memory(s, v + 1);
		}
		for (int i = 0; seen != NULL && i < count; i++)
			seen(arg, (struct slice){ v[i].iov_base,
			    v[i].iov_len });
		if (fd_writev(fd, v, count) == -1)
			return err_sys(err, "write");
	}
	return 0;
}
