/* pack_tree.c: a directory with all that is in it, as parcels. */
#include "pack_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "parcel.h"
#include "scope.h"

enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	/* a deeper one was made to hurt; each level keeps a descriptor */
	DEPTH_MAX = 100,
};

struct walk {
	struct packing	*packing;
	unsigned	 depth;
};

static int walk(struct walk *w, int dir, const char *path, struct err *err);

/* What cannot be read, or is longer than a path may be, is told of and left
 * out; what is gone is gone. */
static int
leave_out(struct walk *w, const char *path, const char *why, struct err *err)
{
	return errno == ENOENT ? 0 : pack_leave_out(w->packing, path, why,
	    err);
}

static int
pack_link(struct walk *w, int dir, const char *name, const char *path,
    const struct stat *st, struct err *err)
{
	char target[TAR_PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof target - 1);

	if (n <= 0)
		return leave_out(w, path, strerror(errno), err);
	target[n] = '\0';
	const struct tar_member m = { TAR_LINK, path, target, 0777, 0,
	    st->st_mtim.tv_sec > 0 ? st->st_mtim.tv_sec : 0 };
	return parcel_put(w->packing->out, PARCEL_MEMBER, &m, err);
}

static int
pack_plain(struct walk *w, int dir, const char *name, const char *path,
    struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct err why;
	off_t at;

	if (file_open(dir, name, O_NOFOLLOW, &fd, NULL, &why) == -1)
		return leave_out(w, path, strerror(errno), err);
	return pack_file(w->packing, fd, path, &at, err);
}

static int
pack_below(struct walk *w, int dir, const char *name, const char *path,
    struct err *err)
{
	SCOPED(drop_fd) int fd = openat(dir, name, DIRECTORY);

	if (fd == -1)
		return leave_out(w, path, strerror(errno), err);
	errno = 0;
	if (w->depth == DEPTH_MAX)
		return leave_out(w, path, "too deep", err);
	w->depth++;
	int got = walk(w, fd, path, err);
	w->depth--;
	return got;
}

/* Sockets, FIFOs and devices hold nothing. */
static int
pack_entry(struct walk *w, int dir, const char *name, const char *path,
    struct err *err)
{
	struct stat st;

	errno = 0;
	if (strlen(path) > TAR_PATH_MAX / 2)
		return leave_out(w, path, "too long a name", err);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return leave_out(w, path, strerror(errno), err);
	if (S_ISREG(st.st_mode))
		return pack_plain(w, dir, name, path, err);
	if (S_ISLNK(st.st_mode))
		return pack_link(w, dir, name, path, &st, err);
	return S_ISDIR(st.st_mode) ? pack_below(w, dir, name, path, err) : 0;
}

static bool
has_directory(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* Of a Maildir, tmp holds nothing that anybody has been told of. */
static bool
is_left_out(bool maildir, const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    (maildir && (strcmp(name, "tmp") == 0 ||
	    strcmp(name, "new") == 0 || strcmp(name, "cur") == 0));
}

static int
walk(struct walk *w, int fd, const char *path, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = NULL;
	bool maildir = has_directory(fd, "new") && has_directory(fd, "cur");
	int copy = openat(fd, ".", DIRECTORY);
	struct dirent *e;

	if (copy == -1 || (dir = fdopendir(copy)) == NULL) {
		drop_fd(&copy);
		return leave_out(w, path, strerror(errno), err);
	}
	if (pack_directory(w->packing, fd, path, err) == -1 ||
	    (maildir && pack_messages(w->packing, fd, path, err) == -1))
		return -1;
	while (errno = 0, (e = readdir(dir)) != NULL) {
		SCOPED(drop_pool) struct pool pool = { 0 };
		if (!is_left_out(maildir, e->d_name) &&
		    pack_entry(w, fd, e->d_name, pool_format(&pool, "%s/%s",
		    path, e->d_name), err) == -1)
			return -1;
	}
	return errno != 0 ? err_sys(err, "%s", path) : 0;
}

int
pack_tree(struct packing *p, int dir, const char *path, struct err *err)
{
	struct walk w = { p, 0 };

	return walk(&w, dir, path, err);
}
