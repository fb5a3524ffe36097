/* archive_write.c: a backup that is being written. */
#include "archive_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "manifest.h"
#include "place.h"
#include "scope.h"

enum { CHUNK = 1 << 16, WAITING_MAX = 1 << 18 };

/* --- bytes ----------------------------------------------------------- */

static int
flush(struct archive *a, struct err *err)
{
	if (fd_write(a->fd, a->buffer.s, a->buffer.len) == -1)
		return err_sys(err, "write %s", a->path);
	str_cut(&a->buffer, 0);
	return 0;
}

static int
put(struct archive *a, const void *p, size_t len, struct err *err)
{
	SHA256Update(&a->whole, p, len);
	str_add(&a->buffer, p, len);
	return a->buffer.len > WAITING_MAX ? flush(a, err) : 0;
}

static int
put_zeros(struct archive *a, size_t count, struct err *err)
{
	static const char zeros[2 * TAR_BLOCK];

	return put(a, zeros, count, err);
}

/* --- members --------------------------------------------------------- */

static int
end_member(struct archive *a, struct err *err)
{
	SCOPED(drop_str) struct str line = { 0 };

	manifest_line(&line, &a->sum, a->name);
	if (fd_write(a->manifest, line.s, line.len) == -1)
		return err_sys(err, "keep the checksums of %s", a->path);
	return put_zeros(a, tar_padding(a->size), err);
}

static int
put_head(struct archive *a, const struct tar_member *m, struct err *err)
{
	SCOPED(drop_str) struct str head = { 0 };

	tar_add(&head, m);
	return put(a, head.s, head.len, err);
}

int
archive_member(struct archive *a, const struct tar_member *m, struct err *err)
{
	if (put_head(a, m, err) == -1)
		return -1;
	a->members++;
	if (m->kind != TAR_FILE)
		return 0;
	drop_pool(&a->pool);
	a->name = pool_dup(&a->pool, slice_of(m->path));
	a->left = a->size = m->size;
	SHA256Init(&a->sum);
	return a->left == 0 ? end_member(a, err) : 0;
}

int
archive_bytes(struct archive *a, const void *p, size_t len, struct err *err)
{
	if (len > a->left)
		return err_set(err, ERR_TEMPORARY, "%s: longer than was said",
		    a->name);
	SHA256Update(&a->sum, p, len);
	a->left -= len;
	if (put(a, p, len, err) == -1)
		return -1;
	return a->left == 0 && len > 0 ? end_member(a, err) : 0;
}

int
archive_text(struct archive *a, const char *path, mode_t mode,
    struct slice text, struct err *err)
{
	const struct tar_member m = { TAR_FILE, path, "", mode, text.len,
	    time(NULL) };

	return archive_member(a, &m, err) == -1 ? -1 :
	    archive_bytes(a, text.p, text.len, err);
}

/* --- beginning and end ----------------------------------------------- */

int
archive_scratch(const struct archive *a, int *fd, struct err *err)
{
	char name[] = "/var/tmp/vadmin.XXXXXX";

	*fd = a->dir == -1 ? -1 : openat(a->dir, ".",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd == -1)
		*fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd != -1)
		return 0;
	/* a file system without unnamed files */
	*fd = mkostemp(name, O_CLOEXEC);
	if (*fd == -1 || unlink(name) == -1)
		return err_sys(err, "make a file for the time being");
	return 0;
}

int
archive_place(const char *path, int *dir, const char **name, struct err *err)
{
	struct slice whole = slice_of(path);
	ptrdiff_t slash = slice_find_last(whole, '/');
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *above = slash == -1 ? "." : slash == 0 ? "/" :
	    pool_dup(&pool, (struct slice){ path, (size_t)slash });

	*dir = -1;
	*name = path + slash + 1;
	if (strcmp(path, "-") == 0)
		return !isatty(STDOUT_FILENO) ? 0 : err_set(err, ERR_INVALID,
		    "a backup is nothing for a terminal: name a file");
	if ((*name)[0] == '\0' || (*name)[0] == '.')
		return err_set(err, ERR_INVALID,
		    "%s: not the name of a file", path);
	return dir_open(AT_FDCWD, above, dir, err);
}

static int
open_file(struct archive *a, const char *path, const char *name,
    struct err *err)
{
	if (draft_begin(a->dir, name, 0600, &a->draft, err) == -1)
		return -1;
	/* whatever an old file let others do */
	if (fchown(a->draft.fd, geteuid(), getegid()) == -1 ||
	    fchmod(a->draft.fd, 0600) == -1)
		return err_sys(err, "close %s to others", path);
	a->fd = a->draft.fd;
	return 0;
}

int
archive_begin(struct archive *a, const char *path, struct err *err)
{
	const char *name;

	*a = ARCHIVE_NONE;
	a->path = path;
	SHA256Init(&a->whole);
	if (archive_place(path, &a->dir, &name, err) == -1)
		return -1;
	if (a->dir == -1) {
		a->path = "standard output";
		a->fd = STDOUT_FILENO;
	} else if (open_file(a, path, name, err) == -1)
		return -1;
	return archive_scratch(a, &a->manifest, err);
}

static int
copy_manifest(struct archive *a, uint64_t size, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n = 1;

	for (uint64_t at = 0; at < size && n > 0; at += (uint64_t)n) {
		n = fd_pread(a->manifest, chunk, sizeof chunk, (off_t)at);
		if (n <= 0)
			return err_sys(err, "read the checksums again");
		if (put(a, chunk, (size_t)n, err) == -1)
			return -1;
	}
	return 0;
}

/* The last line is of all that stands before it. */
static int
put_end(struct archive *a, struct err *err)
{
	SCOPED(drop_str) struct str line = { 0 };

	manifest_end(&line, &a->whole);
	return put(a, line.s, line.len, err);
}

int
archive_end(struct archive *a, struct err *err)
{
	off_t lines = lseek(a->manifest, 0, SEEK_END);
	uint64_t size = (uint64_t)lines + MANIFEST_END;
	const struct tar_member m = { TAR_FILE, PLACE_MANIFEST, "", 0600, size,
	    time(NULL) };

	if (lines == -1)
		return err_sys(err, "read the checksums again");
	if (put_head(a, &m, err) == -1 ||
	    copy_manifest(a, (uint64_t)lines, err) == -1 ||
	    put_end(a, err) == -1 ||
	    put_zeros(a, tar_padding(size), err) == -1 ||
	    put_zeros(a, 2 * TAR_BLOCK, err) == -1 || flush(a, err) == -1)
		return -1;
	if (a->draft.fd != -1)
		return draft_commit(&a->draft, err);
	/* A pipe has nothing to sync. */
	return fsync(a->fd) == -1 && errno != EINVAL && errno != EROFS ?
	    err_sys(err, "sync standard output") : 0;
}

void
drop_archive(struct archive *a)
{
	drop_draft(&a->draft);
	drop_fd(&a->dir);
	drop_fd(&a->manifest);
	drop_str(&a->buffer);
	drop_pool(&a->pool);
}
