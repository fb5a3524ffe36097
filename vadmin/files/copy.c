/* copy.c: files and trees copied from another machine's disk. */
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

enum { COPY_DEPTH = 64, COPY_BUFFER = 1 << 16, COPY_MODES = 0777 };

static int
copy_bytes(int from, int to, struct err *err)
{
	SCOPED(drop_mem) char *buffer = mem_alloc(COPY_BUFFER);
	ssize_t n;

	while ((n = fd_read(from, buffer, COPY_BUFFER)) > 0)
		if (fd_write(to, buffer, (size_t)n) == -1)
			return err_sys(err, "write");
	return n == -1 ? err_sys(err, "read") : 0;
}

/* The owner last: whoever it is given to could touch it.  Synced, because its name
 * says that it is whole. */
static int
finish_file(int fd, const struct stat *st, mode_t mode,
    const struct copy *copy, struct err *err)
{
	const struct timespec times[] = { st->st_atim, st->st_mtim };

	if (fchmod(fd, mode) == -1 || futimens(fd, times) == -1 ||
	    fchown(fd, copy->who.uid, copy->who.gid) == -1 ||
	    fsync(fd) == -1)
		return err_sys(err, "owner, mode, time and sync");
	return 0;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return S_ISREG(b->st_mode) && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec;
}

/* The watcher is told of it as a whole: mail is not kept account of. */
static int
tell(int from, int to, const char *name, struct err *err)
{
	return change_tell(&(struct change){ .kind = CHANGE_COPY, .dir = to,
	    .name = name, .fd = -1, .to_dir = from, .to = name }, err);
}

int
copy_file(int from, int to, const char *name, mode_t mode, struct copy *copy,
    enum copied *out, struct err *err)
{
	SCOPED(drop_fd) int source = -1;
	SCOPED(drop_draft) struct draft draft = { .fd = -1 };
	struct stat st, there;

	if (file_open(from, name, O_NOFOLLOW, &source, &st, err) == -1) {
		err->kind = ERR_REFUSED;
		return -1;
	}
	if (change_stat(to, name, &there) == 0) {
		*out = is_same(&st, &there) ? COPY_SAME : COPY_OTHER;
		return 0;
	}
	*out = COPY_NEW;
	int go = tell(from, to, name, err);
	if (go != 1)
		return go;
	if (draft_begin(to, name, mode, &draft, err) == -1)
		return -1;
	if (copy_bytes(source, draft.fd, err) == -1 ||
	    finish_file(draft.fd, &st, mode, copy, err) == -1)
		return err_within(err, "%s", name);
	draft.derived = true;		/* it is told */
	return draft_commit(&draft, err);
}

/* --- trees -------------------------------------------------------------- */

static int copy_directory(int from, int to, const char *name, const char *as,
    int depth, struct copy *copy, struct err *err);

static void
leave_out(struct copy *copy, const char *name)
{
	if (copy->strange++ == 0)
		snprintf(copy->first, sizeof copy->first, "%s", name);
}

static int
copy_inner_file(int from, int to, const char *name, struct copy *copy,
    struct err *err)
{
	SCOPED(drop_fd) int source = -1;
	SCOPED(drop_fd) int target = -1;
	struct stat st;

	if (file_open(from, name, O_NOFOLLOW, &source, &st, err) == -1)
		return -1;
	target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (target == -1)
		return err_sys(err, "create %s", name);
	if (copy_bytes(source, target, err) == -1 || finish_file(target, &st,
	    st.st_mode & COPY_MODES, copy, err) == -1)
		return err_within(err, "%s", name);
	return 0;
}

static int
copy_link(int from, int to, const char *name, const struct copy *copy,
    struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof target - 1);

	if (n == -1)
		return err_sys(err, "read the link %s", name);
	target[n] = '\0';
	if (symlinkat(target, to, name) == -1 || fchownat(to, name,
	    copy->who.uid, copy->who.gid, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(err, "make the link %s", name);
	return 0;
}

static int
copy_entry(int from, int to, const char *name, int depth, struct copy *copy,
    struct err *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(err, "%s", name);
	if (S_ISREG(st.st_mode))
		return copy_inner_file(from, to, name, copy, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, copy, err);
	if (S_ISDIR(st.st_mode) && depth < COPY_DEPTH)
		return copy_directory(from, to, name, name, depth + 1, copy,
		    err);
	leave_out(copy, name);
	return 0;
}

/* Takes fd. */
static int
copy_entries(int fd, int to, int depth, struct copy *copy, struct err *err)
{
	SCOPED(drop_dir) DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		drop_fd(&fd);
		return err_sys(err, "list");
	}
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 && copy_entry(dirfd(dir),
		    to, entry->d_name, depth, copy, err) == -1)
			return -1;
	return errno != 0 ? err_sys(err, "list") : 0;
}

/* It is this process's alone until all is in it, and nobody else gets in. */
static int
copy_directory(int from, int to, const char *name, const char *as, int depth,
    struct copy *copy, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_fd) int target = -1;
	int source = openat(from, name, FLAGS);
	struct stat st;

	if (source == -1)
		return err_sys(err, "%s", name);
	if (fstat(source, &st) == -1 || mkdirat(to, as, 0700) == -1 ||
	    (target = openat(to, as, FLAGS)) == -1) {
		err_fill_sys(err, "make %s", as);
		drop_fd(&source);
		return -1;
	}
	if (copy_entries(source, target, depth, copy, err) == -1)
		return err_within(err, "%s", name);
	return finish_file(target, &st, (st.st_mode & COPY_MODES) | 0700,
	    copy, err);
}

/* What a crash left of an earlier copy. */
static int
remove_tree(int parent, const char *name, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_dir) DIR *dir = NULL;
	struct dirent *entry;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	int fd = openat(parent, name, FLAGS);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		return err_sys(err, "remove %s", name);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    remove_tree(dirfd(dir), entry->d_name, err) == -1)
			return -1;
	return unlinkat(parent, name, AT_REMOVEDIR) == -1 ?
	    err_sys(err, "remove %s", name) : 0;
}

int
copy_tree(int from, int to, const char *name, struct copy *copy,
    enum copied *out, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };
	struct stat st;

	if (change_stat(to, name, &st) == 0) {
		*out = COPY_OTHER;
		return 0;
	}
	*out = COPY_NEW;
	int go = tell(from, to, name, err);
	if (go != 1)
		return go;
	str_addf(&draft, ".%s.new", name);
	if (remove_tree(to, str_text(&draft), err) == -1 ||
	    copy_directory(from, to, name, str_text(&draft), 0, copy,
	    err) == -1)
		return -1;
	if (renameat(to, str_text(&draft), to, name) == -1)
		return err_sys(err, "name %s", name);
	return 0;
}
