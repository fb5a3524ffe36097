/* sink.c: a directory that parcels are put into. */
#include "sink.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "place.h"
#include "scope.h"

enum {
	CHUNK = 1 << 16,
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
};

struct sink_mode {
	const char		*name;
	mode_t			 mode;
	struct sink_mode	*next;
};

void
drop_sink(struct sink *s)
{
	drop_fd(&s->root);
	drop_pool(&s->pool);
}

static int
in_the_way(const struct sink *s, const char *name, struct err *err)
{
	return err_set(err, ERR_EXISTS, "%s/%s is there already and is not "
	    "what the backup has: move it away", s->path, name);
}

/* --- bytes ----------------------------------------------------------- */

static int
next_chunk(const struct sink *s, char *chunk, uint64_t left, size_t *n,
    struct err *err)
{
	*n = left < CHUNK ? (size_t)left : CHUNK;
	ssize_t got = fd_read(s->in, chunk, *n);
	if (got == -1)
		return err_sys(err, "take a file's bytes");
	return (size_t)got == *n ? 0 : err_set(err, ERR_TEMPORARY,
	    "a file's bytes end too early");
}

static int
write_bytes(const struct sink *s, int fd, uint64_t size, struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	size_t n;

	for (uint64_t left = size; left > 0; left -= n) {
		if (next_chunk(s, chunk, left, &n, err) == -1)
			return -1;
		if (fd_write(fd, chunk, n) == -1)
			return err_sys(err, "write");
	}
	return 0;
}

/* All bytes are taken in any case: the next parcel stands behind them. */
static int
compare_bytes(const struct sink *s, int fd, uint64_t size, bool *same,
    struct err *err)
{
	SCOPED(drop_mem) char *chunk = mem_grow(NULL, CHUNK, 1);
	SCOPED(drop_mem) char *there = mem_grow(NULL, CHUNK, 1);
	size_t n;

	for (uint64_t left = size; left > 0; left -= n) {
		if (next_chunk(s, chunk, left, &n, err) == -1)
			return -1;
		ssize_t got = fd_read(fd, there, n);
		if (got == -1)
			return err_sys(err, "read");
		*same = *same && (size_t)got == n &&
		    memcmp(chunk, there, n) == 0;
	}
	return 0;
}

/* --- a file ---------------------------------------------------------- */

/* A file that has not got its name yet. */
struct unnamed {
	int	 dir;		/* borrowed */
	int	 fd;
	char	 name[64];	/* "": it has none at all */
};

static void
drop_unnamed(struct unnamed *u)
{
	drop_fd(&u->fd);
	if (u->name[0] != '\0')
		unlinkat(u->dir, u->name, 0);
}

static int
compare_file(const struct sink *s, int dir, const char *name,
    const struct tar_member *m, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (file_open(dir, name, O_NOFOLLOW, &fd, &st, err) == -1)
		return err_within(err, "%s", s->path);
	bool same = (uint64_t)st.st_size == m->size &&
	    st.st_uid == geteuid() && st.st_nlink == 1;
	if (compare_bytes(s, fd, m->size, &same, err) == -1)
		return err_within(err, "%s/%s", s->path, name);
	return same ? 0 : in_the_way(s, name, err);
}

static int
set_times(int fd, int64_t seconds, struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
	    { .tv_sec = seconds } };

	return futimens(fd, times) == -1 ? err_sys(err, "time") : 0;
}

/* A name that whoever filled the directory could not know. */
static int
open_by_chance(const struct sink *s, struct unnamed *u, struct err *err)
{
	char name[sizeof u->name];
	uint64_t chance;

	if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
		return err_sys(err, "getrandom");
	snprintf(name, sizeof name, ".vmail-restored.%016" PRIx64, chance);
	u->fd = openat(u->dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->fd == -1)
		return err_sys(err, "create %s/%s", s->path, name);
	memcpy(u->name, name, sizeof u->name);
	return 0;
}

/* Any name could be one that the backup has, too: where the file system can, it
 * gets none, and a restoring that is killed leaves nothing of it. */
static int
open_unnamed(const struct sink *s, struct unnamed *u, struct err *err)
{
	u->fd = openat(u->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (u->fd != -1)
		return 0;
	return errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT ?
	    open_by_chance(s, u, err) :
	    err_sys(err, "create a file in %s", s->path);
}

/* Nothing is replaced. */
static int
give_name(struct unnamed *u, const char *name)
{
	if (u->name[0] == '\0')
		return fd_link(u->fd, u->dir, name);
	if (compat_renameat2_noreplace(u->dir, u->name, u->dir, name) == -1)
		return -1;
	u->name[0] = '\0';
	return 0;
}

/* Half a file never has its name.  It is brought to the disk with all others,
 * by sink_end(). */
static int
make_file(const struct sink *s, int dir, const char *name,
    const struct tar_member *m, struct err *err)
{
	SCOPED(drop_unnamed) struct unnamed u = { .dir = dir, .fd = -1 };

	if (open_unnamed(s, &u, err) == -1)
		return -1;
	if (write_bytes(s, u.fd, m->size, err) == -1 ||
	    set_times(u.fd, m->time, err) == -1)
		return err_within(err, "%s/%s", s->path, name);
	return fchmod(u.fd, m->mode) == -1 || give_name(&u, name) == -1 ?
	    err_sys(err, "%s/%s", s->path, name) : 0;
}

int
sink_put_file(const struct sink *s, int dir, const char *name,
    const struct tar_member *m, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return err_sys(err, "%s/%s", s->path, name);
		return s->only_compare ? in_the_way(s, name, err) :
		    make_file(s, dir, name, m, err);
	}
	return S_ISREG(st.st_mode) ? compare_file(s, dir, name, m, err) :
	    in_the_way(s, name, err);
}

/* --- directories and links ------------------------------------------- */

static void
remember_mode(struct sink *s, const char *name, mode_t mode)
{
	struct sink_mode *one = pool_alloc(&s->pool, sizeof *one);

	*one = (struct sink_mode){ pool_dup(&s->pool, slice_of(name)), mode,
	    s->modes };
	s->modes = one;
}

/* Until all of it is there its owner may do what he needs. */
static int
put_directory(struct sink *s, int dir, const char *last, const char *name,
    const struct tar_member *m, struct err *err)
{
	struct stat st;

	if (!s->only_compare && mkdirat(dir, last, 0700) == -1 &&
	    errno != EEXIST)
		return err_sys(err, "make %s/%s", s->path, name);
	if (fstatat(dir, last, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? in_the_way(s, name, err) :
		    err_sys(err, "%s/%s", s->path, name);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return in_the_way(s, name, err);
	if (!s->only_compare && (st.st_mode & 0777) != m->mode)
		remember_mode(s, name, m->mode);
	return 0;
}

static int
put_link(const struct sink *s, int dir, const char *last, const char *name,
    const struct tar_member *m, struct err *err)
{
	char target[PATH_MAX];

	if (!s->only_compare && symlinkat(m->target, dir, last) == 0)
		return 0;
	if (!s->only_compare && errno != EEXIST)
		return err_sys(err, "make %s/%s", s->path, name);
	ssize_t n = readlinkat(dir, last, target, sizeof target);
	if (n == -1 && errno != EINVAL && errno != ENOENT)
		return err_sys(err, "%s/%s", s->path, name);
	return n > 0 && slice_is((struct slice){ target, (size_t)n },
	    m->target) ? 0 : in_the_way(s, name, err);
}

/* The directory of name, and its last step. */
static int
walk(const struct sink *s, const char *name, int *dir, const char **last,
    struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int at = openat(s->root, ".", DIRECTORY);
	struct slice rest = slice_of(name), step;

	if (at == -1)
		return err_sys(err, "%s", s->path);
	while (slice_has(rest, '/') && slice_cut(&rest, '/', &step)) {
		int next = openat(at, pool_dup(&pool, step), DIRECTORY);
		if (next == -1)
			return err_sys(err, "%s: the way to %s", s->path,
			    name);
		drop_fd(&at);
		at = next;
	}
	*last = rest.p;
	*dir = at;
	at = -1;
	return 0;
}

int
sink_put(struct sink *s, const struct tar_member *m, const char *name,
    struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *last;

	s->members++;
	if (walk(s, name, &dir, &last, err) == -1)
		return -1;
	switch (m->kind) {
	case TAR_DIRECTORY:
		return put_directory(s, dir, last, name, m, err);
	case TAR_LINK:
		return put_link(s, dir, last, name, m, err);
	default:
		return sink_put_file(s, dir, last, m, err);
	}
}

/* --- the end --------------------------------------------------------- */

static int
count(int parent, const char *name, unsigned depth, size_t *found)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(parent, name, DIRECTORY);
	struct dirent *e;

	if (fd == -1)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	if (depth == 0 || (dir = fdopendir(fd)) == NULL) {
		drop_fd(&fd);
		return -1;
	}
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			continue;
		++*found;
		if (count(dirfd(dir), e->d_name, depth - 1, found) == -1)
			return -1;
	}
	return 0;
}

static int
set_modes(struct sink *s, struct err *err)
{
	for (; s->modes != NULL; s->modes = s->modes->next) {
		SCOPED(drop_fd) int dir = -1;
		const char *last;
		if (walk(s, s->modes->name, &dir, &last, err) == -1)
			return -1;
		SCOPED(drop_fd) int fd = openat(dir, last, DIRECTORY);
		if (fd == -1 || fchmod(fd, s->modes->mode) == -1)
			return err_sys(err, "mode of %s/%s", s->path,
			    s->modes->name);
	}
	return 0;
}

int
sink_end(struct sink *s, struct err *err)
{
	size_t found = 0;

	if (s->root == -1)
		return 0;
	if (!s->only_compare)
		return set_modes(s, err) == -1 ? -1 : syncfs(s->root) == -1 ?
		    err_sys(err, "sync %s", s->path) : 0;
	if (count(s->root, ".", 200, &found) == -1)
		return err_sys(err, "look through %s", s->path);
	return found == s->members ? 0 : err_set(err, ERR_EXISTS, "%s is there "
	    "already and has more in it than the backup: move it away",
	    s->path);
}
