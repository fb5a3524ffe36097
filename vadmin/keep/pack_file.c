/* pack_file.c: one file, or directory, as a parcel. */
#include "pack_file.h"

#include <stddef.h>
#include <unistd.h>

#include "fd.h"
#include "mem.h"
#include "parcel.h"
#include "pool.h"
#include "scope.h"

enum { CHUNK = 1 << 16 };

static struct tar_member
member_of(const struct stat *st, const char *path)
{
	return (struct tar_member){
		.kind = S_ISDIR(st->st_mode) ? TAR_DIRECTORY : TAR_FILE,
		.path = path, .target = "", .mode = st->st_mode & 0777,
		.time = st->st_mtim.tv_sec > 0 ? st->st_mtim.tv_sec : 0,
	};
}

/* Up to max bytes; *size is how many there were. */
static int
copy_bytes(int from, int to, uint64_t max, uint64_t *size, struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);

	for (*size = 0; *size < max; ) {
		size_t most = max - *size < CHUNK ? (size_t)(max - *size) :
		    CHUNK;
		ssize_t n = fd_pread(from, chunk, most, (off_t)*size);
		if (n == -1)
			return err_sys(err, "read");
		if (n == 0)
			return 0;
		if (fd_write(to, chunk, (size_t)n) == -1)
			return err_sys(err, "keep a copy");
		*size += (uint64_t)n;
	}
	return 0;
}

static int
put_size(int out, off_t at, uint64_t size, struct err *err)
{
	return fd_pwrite(out, &size, sizeof size,
	    at + (off_t)offsetof(struct parcel, size)) == -1 ?
	    err_sys(err, "keep a copy") : 0;
}

int
pack_leave_out(struct packing *p, const char *path, const char *why,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct tar_member m = { .target = "", .path = pool_format(&pool,
	    "%.200s: %s: it is left out", path, why) };

	return parcel_put(p->out, PARCEL_NOTE, &m, err);
}

bool
pack_is_mostly_holes(int fd, const struct stat *st)
{
	const off_t most = (off_t)1 << 30;

	return st->st_size - (off_t)st->st_blocks * 512 > most &&
	    lseek(fd, 0, SEEK_HOLE) < st->st_size;
}

int
pack_bytes(struct packing *p, int fd, const struct stat *st, const char *path,
    off_t *at, struct err *err)
{
	struct tar_member m = member_of(st, path);
	uint64_t size;

	*at = lseek(p->out, 0, SEEK_CUR);
	if (*at == -1)
		return err_sys(err, "%s", path);
	if (parcel_put(p->out, PARCEL_MEMBER, &m, err) == -1 ||
	    copy_bytes(fd, p->out, (uint64_t)st->st_size, &size, err) == -1)
		return err_within(err, "%s", path);
	return put_size(p->out, *at, size, err);
}

int
pack_file(struct packing *p, int fd, const char *path, off_t *at,
    struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	*at = -1;
	return pack_is_mostly_holes(fd, &st) ? pack_leave_out(p, path, PACK_HOLES,
	    err) : pack_bytes(p, fd, &st, path, at, err);
}

int
pack_take_back(const struct packing *p, off_t at, struct err *err)
{
	const uint32_t kind = PARCEL_VOID;

	return fd_pwrite(p->out, &kind, sizeof kind,
	    at + (off_t)offsetof(struct parcel, kind)) == -1 ?
	    err_sys(err, "take a copy back") : 0;
}

int
pack_directory(struct packing *p, int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	struct tar_member m = member_of(&st, path);
	return parcel_put(p->out, PARCEL_MEMBER, &m, err);
}
