/* change.c: what directories hold, changed in front of a watcher. */
#include "change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "str.h"

static const struct change_watcher *watching;

const struct change_watcher *
change_watch(const struct change_watcher *watcher)
{
	const struct change_watcher *before = watching;

	watching = watcher;
	return before;
}

int
change_tell(const struct change *change, struct err *err)
{
	return watching == NULL ? 1 :
	    watching->tell(watching->arg, change, err);
}

void
change_not_made(void)
{
	if (watching != NULL && watching->not_made != NULL)
		watching->not_made(watching->arg);
}

bool
change_is_watched(void)
{
	return watching != NULL;
}

bool
change_is_rehearsed(void)
{
	return watching != NULL && watching->find != NULL;
}

int
change_find(int dir, const char *name, int flags, int *fd)
{
	return change_is_rehearsed() ?
	    watching->find(watching->arg, dir, name, flags, fd) : 0;
}

int
change_open(int dir, const char *name, int flags)
{
	int fd;

	if (change_find(dir, name, flags, &fd) == 0)
		return openat(dir, name, flags);
	if (fd == -1)
		errno = ENOENT;
	return fd;
}

int
change_stat(int dir, const char *name, struct stat *st)
{
	SCOPED(drop_fd) int fd = -1;

	if (change_find(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, &fd) == 0)
		return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
	if (fd != -1)
		return fstat(fd, st);
	errno = ENOENT;
	return -1;
}

ssize_t
change_read_link(int dir, const char *name, char *says, size_t size)
{
	SCOPED(drop_fd) int fd = -1;

	if (change_find(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, &fd) == 0)
		return readlinkat(dir, name, says, size);
	if (fd != -1)
		return readlinkat(fd, "", says, size);
	errno = ENOENT;
	return -1;
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

const struct dirent *
change_read_dir(DIR *dir, size_t *made)
{
	static struct dirent would_be;
	const struct dirent *entry;
	struct stat st;

	if (!change_is_rehearsed())
		return readdir(dir);
	while (*made == 0) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL && errno != 0)
			return NULL;
		if (entry == NULL)
			break;
		if (is_dots(entry->d_name) ||
		    change_stat(dirfd(dir), entry->d_name, &st) == 0)
			return entry;
	}
	const char *name = watching->made(watching->arg, dirfd(dir), (*made)++);
	errno = 0;
	if (name == NULL)
		return NULL;
	would_be.d_type = DT_UNKNOWN;
	snprintf(would_be.d_name, sizeof would_be.d_name, "%s", name);
	return &would_be;
}

int
change_remove(int dir, const char *name, bool *was, struct err *err)
{
	const struct change change = { .kind = CHANGE_FILE, .dir = dir,
	    .name = name, .fd = -1 };
	struct stat st;
	bool there = true;

	if (watching != NULL && change_stat(dir, name, &st) == -1) {
		if (errno != ENOENT)
			return err_sys(err, "%s", name);
		there = false;
	}
	int go = there ? change_tell(&change, err) : 0;
	if (go == -1)
		return -1;
	if (go == 1 && unlinkat(dir, name, 0) == -1) {
		if (errno != ENOENT)
			return err_sys(err, "remove %s", name);
		there = false;
	}
	if (was != NULL)
		*was = there;
	return 0;
}

int
change_move(int dir, const char *name, int to_dir, const char *to,
    struct err *err)
{
	const struct change change = { .kind = CHANGE_MOVE, .dir = dir,
	    .name = name, .fd = -1, .to_dir = to_dir, .to = to };
	struct stat st;

	if (change_stat(dir, name, &st) == -1)
		return errno == ENOENT ? CHANGE_NOTHING_THERE :
		    err_sys(err, "%s", name);
	if (change_stat(to_dir, to, &st) == 0)
		return CHANGE_IN_THE_WAY;
	int go = change_tell(&change, err);
	if (go != 1)
		return go;
	if (compat_renameat2_noreplace(dir, name, to_dir, to) == 0)
		return CHANGE_MOVED;
	return errno == ENOENT ? CHANGE_NOTHING_THERE :
	    errno == EEXIST ? CHANGE_IN_THE_WAY :
	    err_sys(err, "move %s to %s", name, to);
}

int
change_make_dir(int dir, const char *name, mode_t mode, struct err *err)
{
	const struct change change = { .kind = CHANGE_MAKE_DIR, .dir = dir,
	    .name = name, .fd = -1 };
	struct stat st;

	if (watching != NULL) {
		if (change_stat(dir, name, &st) == 0)
			return 1;
		int go = change_tell(&change, err);
		if (go != 1)
			return go;
	}
	if (mkdirat(dir, name, mode) == 0)
		return 0;
	return errno == EEXIST ? 1 : err_sys(err, "make %s", name);
}

/* Told only where it can be done: most often it cannot. */
static bool
is_empty_dir(int dir, const char *name)
{
	int fd = change_open(dir, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	SCOPED(drop_dir) DIR *listing = fd != -1 ? fdopendir(fd) : NULL;
	unsigned names = 0;
	size_t made = 0;

	if (listing == NULL) {
		drop_fd(&fd);
		return false;
	}
	errno = 0;
	while (names <= 2 && change_read_dir(listing, &made) != NULL)
		names++;
	return names <= 2;	/* "." and ".." */
}

int
change_remove_dir(int dir, const char *name, struct err *err)
{
	const struct change change = { .kind = CHANGE_REMOVE_DIR, .dir = dir,
	    .name = name, .fd = -1 };

	if (watching != NULL) {
		if (!is_empty_dir(dir, name))
			return 1;
		int go = change_tell(&change, err);
		if (go != 1)
			return go;
	}
	return unlinkat(dir, name, AT_REMOVEDIR) == 0 ? 0 : 1;
}

int
change_make_link(const char *says, int dir, const char *name, struct err *err)
{
	const struct change change = { .kind = CHANGE_LINK, .dir = dir,
	    .name = name, .fd = -1, .to = says };
	int go = change_tell(&change, err);

	if (go != 1)
		return go;
	return symlinkat(says, dir, name) == -1 ?
	    err_sys(err, "make %s", name) : 0;
}

int
change_put_link(const char *says, int dir, const char *name, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };
	const struct change change = { .kind = CHANGE_LINK, .dir = dir,
	    .name = name, .fd = -1, .to = says };
	int go = change_tell(&change, err);

	if (go != 1)
		return go;
	str_addf(&draft, ".%s.new", name);
	if (unlinkat(dir, str_text(&draft), 0) == -1 && errno != ENOENT)
		return err_sys(err, "remove %s", str_text(&draft));
	if (symlinkat(says, dir, str_text(&draft)) == -1)
		return err_sys(err, "make %s", str_text(&draft));
	return renameat(dir, str_text(&draft), dir, name) == -1 ?
	    err_sys(err, "replace %s", name) : 0;
}
