/* fsck_maildir.c: what does not fit in a Maildir, by a process that has become
 * its owner. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "scope.h"

enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	OLD = 36 * 3600,
};

/* --- tmp ------------------------------------------------------------- */

/* As each delivery does: what is that old was never delivered. */
static void
look_at_old(const struct looking *l, int tmp, const char *name,
    const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	if (name[0] == '.' || fstatat(tmp, name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode) ||
	    time(NULL) - st.st_mtime <= OLD)
		return;
	const char *text = pool_format(&pool, "%s/tmp/%s: left by a delivery "
	    "that was interrupted", path, name);
	if (look_repairs(l, text))
		look_repaired(l, text, unlinkat(tmp, name, 0) == 0);
}

/* --- sizes in names -------------------------------------------------- */

/* What stands before and behind the digits of ",S=1234". */
static bool
find_size(const char *name, struct slice *digits)
{
	const char *found = strstr(name, ",S=");

	if (found == NULL)
		return false;
	*digits = (struct slice){ found + 3, strspn(found + 3,
	    "0123456789") };
	return true;
}

static void
look_at_size(const struct looking *l, int dir, const char *part,
    const char *name, const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice digits;
	struct stat st;

	if (name[0] == '.' || !find_size(name, &digits))
		return;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		look_unseen(l, path, part);
		return;
	}
	if (!S_ISREG(st.st_mode))
		return;
	const char *right = pool_format(&pool, "%llu",
	    (unsigned long long)st.st_size);
	if (slice_is(digits, right))
		return;
	const char *text = pool_format(&pool, "%s/%s/%s: it has %s bytes: the "
	    "limit counts what the name says", path, part, name, right);
	if (look_repairs(l, text))
		look_repaired(l, text, compat_renameat2_noreplace(dir, name,
		    dir, pool_format(&pool, "%.*s%s%s",
		    (int)(digits.p - name), name, right,
		    digits.p + digits.len)) == 0);
}

/* --- the directories ------------------------------------------------- */

/* The names first: renaming changes the directory. */
static void
look_through(const struct looking *l, int fd, const char *part,
    const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_dir) DIR *dir = NULL;
	struct names { const char *name; struct names *next; } *all = NULL;
	int copy = openat(fd, ".", DIRECTORY);
	struct dirent *e;

	if (copy == -1 || (dir = fdopendir(copy)) == NULL) {
		look_unseen(l, path, part);
		drop_fd(&copy);
		return;
	}
	while (errno = 0, (e = readdir(dir)) != NULL) {
		struct names *one = pool_alloc(&pool, sizeof *one);
		*one = (struct names){ pool_dup(&pool, slice_of(e->d_name)),
		    all };
		all = one;
	}
	if (errno != 0)
		look_unseen(l, path, part);
	for (; all != NULL; all = all->next)
		if (strcmp(part, "tmp") == 0)
			look_at_old(l, fd, all->name, path);
		else
			look_at_size(l, fd, part, all->name, path);
}

static void
look_at_part(const struct looking *l, int dir, const char *part,
    const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = openat(dir, part, DIRECTORY);

	if (fd != -1) {
		look_through(l, fd, part, path);
		return;
	}
	if (errno != ENOENT) {
		look_told(l, 'F', "%s/%s: %s: it is in the way", path, part,
		    strerror(errno));
		return;
	}
	const char *text = pool_format(&pool, "%s/%s: it is missing", path,
	    part);
	if (look_repairs(l, text))
		look_repaired(l, text, mkdirat(dir, part, 0700) == 0 &&
		    fsync(dir) == 0);
}

void
look_at_maildir(const struct looking *l, int dir, const char *path)
{
	static const char *const parts[] = { "tmp", "new", "cur" };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		look_at_part(l, dir, parts[i], path);
}
