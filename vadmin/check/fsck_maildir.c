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
#include "maildir.h"
#include "maildir_name.h"
#include "octets.h"
#include "scope.h"

enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* --- tmp ------------------------------------------------------------- */

/* As each delivery does: what is that old was never delivered. */
static void
look_at_old(const struct looking *l, int tmp, const char *name,
    const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	if (name[0] == '.' || fstatat(tmp, name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 ||
	    !maildir_is_leftover(&st, time(NULL)))
		return;
	const char *text = pool_format(&pool, "%s/tmp/%s: left by a delivery "
	    "that was interrupted", path, name);
	if (look_repairs(l, text))
		look_repaired(l, text, unlinkat(tmp, name, 0) == 0);
}

/* --- sizes in names -------------------------------------------------- */

/* What the name says of a file of so many bytes, and cannot be; NULL: nothing.
 * Whether it has the octets that it could have, only reading it tells. */
static const char *
what_is_wrong(const char *name, uint64_t size, struct pool *pool)
{
	uint64_t stored, octets;
	struct slice text;

	if (maildir_name_part(name, MAILDIR_STORED, &text) &&
	    (!maildir_name_number(name, MAILDIR_STORED, &stored) ||
	    stored != size))
		return pool_format(pool, "it has %llu bytes: the limit counts "
		    "what the name says", (unsigned long long)size);
	if (maildir_name_part(name, MAILDIR_OCTETS, &text) &&
	    (!maildir_name_number(name, MAILDIR_OCTETS, &octets) ||
	    !octets_possible(size, octets)))
		return pool_format(pool, "its %llu bytes cannot be as many "
		    "octets for POP3 as the name says",
		    (unsigned long long)size);
	return NULL;
}

/* "1.x,S=5,W=6:2,S" -> "1.x,S=7:2,S": POP3 reads the message again. */
static const char *
right_name(const char *name, uint64_t size, struct pool *pool)
{
	SCOPED(drop_str) struct str without = { 0 };
	struct slice text;

	maildir_name_without(name, MAILDIR_OCTETS, &without);
	name = str_text(&without);
	if (!maildir_name_part(name, MAILDIR_STORED, &text))
		return pool_dup(pool, slice_of(name));
	return pool_format(pool, "%.*s%llu%s", (int)(text.p - name), name,
	    (unsigned long long)size, text.p + text.len);
}

static void
look_at_size(const struct looking *l, int dir, const char *part,
    const char *name, const char *path, const struct stat *st)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *wrong = what_is_wrong(name, (uint64_t)st->st_size, &pool);

	if (wrong == NULL)
		return;
	const char *said = pool_format(&pool, "%s/%s/%s: %s", path, part, name,
	    wrong);
	if (look_repairs(l, said))
		look_repaired(l, said, compat_renameat2_noreplace(dir, name,
		    dir, right_name(name, (uint64_t)st->st_size, &pool)) == 0);
}

/* --- whether it can be read ------------------------------------------ */

/* Its own is opened to it.  Root's or another's may be no mail at all: nothing
 * in a Maildir's file tells, and an account can lay there what root left in its
 * home. */
static void
look_at_readable(const struct looking *l, int dir, const char *part,
    const char *name, const char *path, const struct stat *st)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool own = st->st_uid == geteuid();

	if ((own && (st->st_mode & S_IRUSR)) ||
	    faccessat(dir, name, R_OK, 0) == 0 || errno != EACCES)
		return;
	const char *said = pool_format(&pool, "%s/%s/%s: it belongs to uid %u, "
	    "its mode is %o, and uid %u cannot read it, nor fetch it by "
	    "POP3%s", path, part, name, (unsigned)st->st_uid,
	    st->st_mode & 07777, (unsigned)geteuid(), own ? "" :
	    ": if it is mail, give it to the account (chown)");
	if (!own)
		look_told(l, 'F', "%s", said);
	else if (look_repairs(l, said))
		look_repaired(l, said, fchmodat(dir, name, (st->st_mode &
		    07777) | S_IRUSR, 0) == 0);
}

static void
look_at_message(const struct looking *l, int dir, const char *part,
    const char *name, const char *path)
{
	struct stat st;

	if (name[0] == '.')
		return;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		look_unseen(l, path, part);
		return;
	}
	if (!S_ISREG(st.st_mode))
		return;
	look_at_readable(l, dir, part, name, path, &st);
	look_at_size(l, dir, part, name, path, &st);
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
			look_at_message(l, fd, part, all->name, path);
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
