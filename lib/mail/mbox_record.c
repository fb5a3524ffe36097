/* mbox_record.c: what the queue file says of an mbox: an append or a cut that
 * has not ended, or what it was like when it was known. */
#include "mbox_file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "mbox_growth.h"
#include "mem.h"
#include "scope.h"
#include "str.h"
#include "uids.h"

enum {
	RECORD_HEAD = 256,
	/* so much of a From_ line is looked at */
	FROM_LINE = 256,
};
static_assert((int)DOTLOCK_TEXT <= (int)MBOX_RECORD_AT,
    "the lock's text has room");

/* "append INODE START LENGTH HEAD", a line end, and the first bytes that were
 * to be written, HEAD of them: its From_ line, which no other tail begins
 * with.  "cut" and the same of a tail that is there, and is to go; "cut-off"
 * where ".NAME.uids" was not written for that. */
struct record {
	bool			cut, numbered;
	unsigned long long	inode, start, len, head_len;
	char			head[RECORD_HEAD];
};

static bool
read_record(const char *text, size_t n, struct record *r)
{
	char verb[8];
	int used = 0;

	if (sscanf(text, "%7s %llu %llu %llu %llu%n", verb, &r->inode,
	    &r->start, &r->len, &r->head_len, &used) != 5 || text[used] != '\n')
		return false;
	r->numbered = strcmp(verb, "cut") == 0;
	r->cut = r->numbered || strcmp(verb, "cut-off") == 0;
	if ((!r->cut && strcmp(verb, "append") != 0) ||
	    r->head_len > sizeof r->head ||
	    n - (size_t)used - 1 < r->head_len)
		return false;
	memcpy(r->head, text + used + 1, r->head_len);
	return true;
}

/* A tail that is going may have lost the rest of a block already: to bytes that
 * are 0. */
static bool
is_like(const char *is, const struct record *r, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is[i] != r->head[i] && !(r->cut && is[i] == '\0'))
			return false;
	return true;
}

/* The tail begins as the record says, as far as it goes. */
static int
begins_like(int fd, const struct record *r, off_t size, bool *alike,
    struct err *err)
{
	char head[RECORD_HEAD];
	unsigned long long there = (unsigned long long)size - r->start;
	size_t len = (size_t)(there < r->head_len ? there : r->head_len);

	if (fd_pread(fd, head, len, (off_t)r->start) != (ssize_t)len)
		return err_sys(err, "read a torn tail");
	*alike = is_like(head, r, len);
	return 0;
}

/* "From SENDER Thu Jan  1 00:00", at least. */
static bool
is_from_line(const char *p, size_t len)
{
	char line[FROM_LINE + 1];
	int minute;

	len = len < FROM_LINE ? len : FROM_LINE;
	memcpy(line, p, len);
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return sscanf(line, "From %*s %*3[A-Za-z] %*3[A-Za-z] %*d %*d:%d",
	    &minute) == 1;
}

/* Every line of ours that begins like "From " is quoted, but the first: any
 * other one is a message that some program put behind our torn tail.  Few look
 * how that ends, so it may begin within a line. */
static bool
begins_message(const char *chunk, const char *p, size_t left)
{
	const char *quotes = p;

	while (quotes > chunk && quotes[-1] == '>')
		quotes--;
	if (quotes > chunk && quotes[-1] == '\n')
		return quotes == p;
	return is_from_line(p, left);
}

/* From the offset `from` of the chunk on. */
static bool
holds_beginning(const char *chunk, size_t from, size_t n)
{
	const char *p = chunk + from, *end = chunk + n;

	for (; p < end && (p = memmem(p, (size_t)(end - p), "From ", 5)) !=
	    NULL; p++)
		if (begins_message(chunk, p, (size_t)(end - p)))
			return true;
	return false;
}

/* A line that ends in the next chunk is seen there once more, with what stands
 * before it. */
static int
holds_one_message(int fd, off_t start, off_t end, bool *one, struct err *err)
{
	enum { CHUNK = 65536 };
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	size_t seen = 0;

	*one = true;
	for (off_t at = start + 1; at < end && *one;
	    at += CHUNK - 2 * FROM_LINE, seen = FROM_LINE) {
		ssize_t n = fd_pread(fd, chunk, CHUNK, at);
		if (n == -1)
			return err_sys(err, "read a torn tail");
		*one = (size_t)n <= seen ||
		    !holds_beginning(chunk, seen, (size_t)n);
	}
	return 0;
}

static size_t
separator_len(const struct record *r)
{
	size_t n = 0;

	while (n < r->head_len && (r->head[n] == '\r' || r->head[n] == '\n'))
		n++;
	return n;
}

/* A torn tail may be cut off only when it is surely ours and not whole.  The
 * separator that we may have put before it is part of it. */
static int
is_torn(const struct mbox_file *f, const struct record *r, bool *torn,
    struct err *err)
{
	off_t size = f->st.st_size, start = (off_t)r->start;
	bool alike, one;

	if ((unsigned long long)(size - start) >= r->len)
		return 0;
	if (begins_like(f->fd, r, size, &alike, err) == -1 ||
	    holds_one_message(f->fd, start + (off_t)separator_len(r), size,
	    &one, err) == -1)
		return -1;
	*torn = alike && one;
	return 0;
}

static int
shorten(struct mbox_file *f, off_t size, struct err *err)
{
	if (ftruncate(f->fd, size) == -1 || fsync(f->fd) == -1)
		return err_sys(err, "%s: make it shorter", f->name);
	if (fstat(f->fd, &f->st) == -1)
		return err_sys(err, "%s", f->name);
	return 0;
}

static int
end_append(struct mbox_file *f, const struct record *r, struct err *err)
{
	bool torn = false;

	if (f->st.st_size > (off_t)r->start && is_torn(f, r, &torn, err) == -1)
		return -1;
	return torn ? shorten(f, (off_t)r->start, err) : 0;
}

/* A tail that was to go stays where some program has put mail behind it.  Who
 * has cut it off may not have come to make its numbers forgotten. */
static int
end_cut(struct mbox_file *f, const struct record *r, struct err *err)
{
	off_t start = (off_t)r->start, after = f->st.st_size - start;
	bool there = false;

	if (after > 0 && (unsigned long long)after >= r->len &&
	    begins_like(f->fd, r, f->st.st_size, &there, err) == -1)
		return -1;
	if (there && (unsigned long long)after > r->len)
		return 0;
	if (there && shorten(f, start, err) == -1)
		return -1;
	return r->numbered ? uids_forget_old(f->dir, f->name, true, err) : 0;
}

int
mbox_file_undo(struct mbox_file *f, struct err *err)
{
	const struct stamp found = stamp_of(&f->st);
	char text[MBOX_RECORD_MAX];
	struct record r;

	ssize_t n = f->queue == -1 ? 0 : fd_pread(f->queue, text,
	    sizeof text - 1, MBOX_RECORD_AT);
	if (n == -1)
		return err_sys(err, "read .%s.queue", f->name);
	if (n == 0)
		return 0;
	text[n] = '\0';
	if (!read_record(text, (size_t)n, &r)) {
		mbox_growth_read(text, &found, &f->since);
		return 0;
	}
	if (r.inode == f->st.st_ino && (off_t)r.start >= 0 &&
	    (r.cut ? end_cut : end_append)(f, &r, err) == -1)
		return -1;
	mbox_file_clear(f);
	return 0;
}

static int
write_record(struct mbox_file *f, const char *verb, off_t start, uint64_t len,
    struct slice head, struct err *err)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (head.len > RECORD_HEAD)
		head.len = RECORD_HEAD;
	str_addf(&text, "%s %llu %llu %llu %zu\n", verb,
	    (unsigned long long)f->st.st_ino, (unsigned long long)start,
	    (unsigned long long)len, head.len);
	str_addslice(&text, head);
	if (fd_pwrite(f->queue, text.s, text.len, MBOX_RECORD_AT) == -1)
		return err_sys(err, "write .%s.queue", f->name);
	return 0;
}

int
mbox_file_record(struct mbox_file *f, uint64_t len, struct slice head,
    bool durable, struct err *err)
{
	if (f->queue == -1)
		return 0;
	if (write_record(f, "append", f->st.st_size, len, head, err) == -1)
		return -1;
	if (durable && fsync(f->queue) == -1)
		return err_sys(err, "write .%s.queue", f->name);
	return 0;
}

void
mbox_file_clear(struct mbox_file *f)
{
	/* A byte that no record begins with; a file that stays as long as it
	 * is costs nothing.  One that stays behind is harmless: the next one
	 * checks it against the mbox, which is longer by then. */
	if (f->queue != -1 && pwrite(f->queue, "-", 1, MBOX_RECORD_AT) == -1)
		return;
}

/* One that is not written is as harmless. */
static void
write_growth(struct mbox_file *f, const struct stamp *now)
{
	SCOPED(drop_str) struct str text = { 0 };

	mbox_growth_add(&text, &f->since, now);
	if (f->queue != -1 &&
	    fd_pwrite(f->queue, text.s, text.len, MBOX_RECORD_AT) == -1)
		mbox_file_clear(f);
}

void
mbox_file_appended(struct mbox_file *f)
{
	struct stamp now;

	if (f->since.ino != 0 && stamp_finish(f->fd, &now))
		write_growth(f, &now);
	else
		mbox_file_clear(f);
}

void
mbox_file_known(struct mbox_file *f, const struct stamp *stamp)
{
	f->since = *stamp;
	write_growth(f, stamp);
}

static bool
is_longer(const struct mbox_file *f, off_t size)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && st.st_size > size;
}

/* A file that becomes shorter may become so in steps: the rest of its last
 * block is 0 on the disk before the new size is.  So the record comes first,
 * and from then on the tail goes, whoever comes to do it. */
int
mbox_file_cut(struct mbox_file *f, off_t start, bool numbered, struct err *err)
{
	char head[RECORD_HEAD];
	uint64_t len = (uint64_t)(f->st.st_size - start);
	ssize_t n = fd_pread(f->fd, head, sizeof head, start);

	if (n == -1)
		return err_sys(err, "read");
	int got = write_record(f, numbered ? "cut" : "cut-off", start, len,
	    (struct slice){ head, (size_t)n }, err);
	if (got == 0 && fsync(f->queue) == -1)
		got = err_sys(err, "write .%s.queue", f->name);
	if (got == 0)
		got = shorten(f, start, err);
	if (got == 0 && numbered)
		got = uids_forget_old(f->dir, f->name, true, err);
	int why = errno;
	/* else whoever comes next ends it */
	if (got == 0 || is_longer(f, start))
		mbox_file_clear(f);
	errno = why;
	return got;
}
