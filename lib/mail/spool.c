/* spool.c: the directories of the spool, made when missing, and checked. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "moved.h"
#include "scope.h"

enum { SHARED = 03770, PRIVATE = 0700 };

int
spool_open(const struct installation *in, int *fd, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *path = installation_path(in, &pool, in->conf.spool);

	if (dir_open(AT_FDCWD, path, fd, err) == 0)
		return 0;
	if (err->kind != ERR_ABSENT)
		return -1;
	return err_set(err, ERR_TEMPORARY,
	    "the spool %s is missing: mount it, or make it", path);
}

int
spool_trust(const struct domain *domain, int fd, const char *path,
    struct err *err)
{
	/* Who has the system's mail group is the system's business. */
	mode_t others = domain->of_system ? S_IWOTH : S_IWGRP | S_IWOTH;
	struct stat st;

	if (!domain->in->as_root)
		return 0;
	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	if (st.st_uid != 0 &&
	    !(domain->one_owner && st.st_uid == domain->owner.uid))
		return err_set(err, ERR_REFUSED,
		    "%s belongs to uid %u: give it to root (chown root)", path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & others) && !(st.st_mode & S_ISVTX))
		return err_set(err, ERR_REFUSED,
		    "others can write to %s: close it (chmod %s)", path,
		    domain->of_system ? "o-w, or +t" : "go-w");
	return 0;
}

static bool
is_shared(const struct domain *domain)
{
	return !domain->one_owner && domain->in->as_root;
}

static int
set_owner(const struct domain *domain, int fd, struct err *err)
{
	if (!domain->in->as_root)
		return 0;
	uid_t uid = domain->one_owner ? domain->owner.uid : 0;
	if (fchown(fd, uid, domain->owner.gid) == -1 ||
	    fchmod(fd, is_shared(domain) ? SHARED : PRIVATE) == -1)
		return err_sys(err, "owner and mode");
	return 0;
}

/* Of two at once the second one's directory replaces the first one's, which is
 * empty, where a file system knows no other rename. */
static int
put_in_place(int parent, const char *draft, const char *name)
{
	if (compat_renameat2_noreplace(parent, draft, parent, name) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ?
	    renameat(parent, draft, parent, name) : -1;
}

/* A directory that has not got its name yet. */
struct half_made {
	int		 parent;	/* borrowed */
	const char	*name;		/* NULL: nothing to take away */
};

static void
drop_half_made(struct half_made *half)
{
	if (half->name != NULL)
		unlinkat(half->parent, half->name, AT_REMOVEDIR);
}

/* Made under another name, so that nobody ever meets it half made. */
static int
make_step(const struct domain *domain, int parent, const char *name,
    struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };
	SCOPED(drop_half_made) struct half_made half = { parent, NULL };
	SCOPED(drop_fd) int fd = -1;
	int go = change_tell(&(struct change){ .kind = CHANGE_MAKE_DIR,
	    .dir = parent, .name = name, .fd = -1 }, err);

	if (go != 1)
		return go;
	str_addf(&draft, ".%s.%ld.new", name, (long)getpid());
	if (mkdirat(parent, str_text(&draft), PRIVATE) == -1 && errno != EEXIST)
		return err_sys(err, "make %s", name);
	half.name = str_text(&draft);
	fd = compat_open_beneath(parent, half.name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "open the new %s", name);
	if (set_owner(domain, fd, err) == -1)
		return err_within(err, "make %s", name);
	if (put_in_place(parent, half.name, name) == -1)
		return errno == EEXIST || errno == ENOTEMPTY ? 0 :
		    err_sys(err, "make %s", name);
	half.name = NULL;
	return fsync(parent) == -1 ? err_sys(err, "sync the directory of %s",
	    name) : 0;
}

static int
check_step(const struct domain *domain, const struct stat *st, const char *name,
    struct err *err)
{
	bool ours = st->st_uid == 0 || st->st_uid == geteuid() ||
	    (domain->one_owner && st->st_uid == domain->owner.uid);

	if (!ours)
		return err_set(err, ERR_REFUSED,
		    "%s belongs to uid %u: give it back (chown)", name,
		    (unsigned)st->st_uid);
	if ((st->st_mode & S_IWOTH) ||
	    ((st->st_mode & S_IWGRP) && !(st->st_mode & S_ISVTX)))
		return err_set(err, ERR_REFUSED,
		    "others can write to %s: its mode should be %o", name,
		    is_shared(domain) ? SHARED : PRIVATE);
	return 0;
}

/* A directory of root's that was copied in, or made by hand, gets the group
 * and the mode that keep accounts apart and let them in.  Whatever lies in it
 * is checked when it is opened. */
static int
mend(const struct domain *domain, int parent, int fd, struct stat *st,
    const char *name, struct err *err)
{
	enum { MODES = 07777, NEEDED = S_IRWXU | S_IRWXG | S_ISVTX | S_ISGID };

	if (!is_shared(domain) || st->st_uid != 0 || (st->st_mode & S_IWOTH))
		/* who let everybody in has to look at it */
		return 0;
	if (st->st_gid == domain->owner.gid && (st->st_mode & NEEDED) == NEEDED)
		return 0;
	installation_warn(domain->in,
	    "%s of %s: group %u and mode %o become group %u and mode %o", name,
	    domain->name, (unsigned)st->st_gid, st->st_mode & MODES,
	    (unsigned)domain->owner.gid, SHARED);
	int go = change_tell(&(struct change){ .kind = CHANGE_MODE,
	    .dir = parent, .name = name, .fd = -1 }, err);
	if (go == 1 && set_owner(domain, fd, err) == -1)
		go = -1;
	if (go == -1)
		return err_within(err, "mend %s", name);
	if (go == 0) {
		st->st_mode = (st->st_mode & S_IFMT) | SHARED;
		return 0;
	}
	return fstat(fd, st) == -1 ? err_sys(err, "%s", name) : 0;
}

static int
open_beneath(int parent, const char *name, int flags)
{
	int fd;

	if (change_find(parent, name, flags, &fd) == 0)
		return compat_open_beneath(parent, name, flags, 0);
	if (fd == -1)
		errno = ENOENT;
	return fd;
}

int
spool_step(const struct domain *domain, int parent, const char *name,
    enum spool_how how, int *fd, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	SCOPED(drop_fd) int got = -1;
	struct stat st;

	got = open_beneath(parent, name, FLAGS);
	if (got == -1 && errno == ENOENT && how != SPOOL_EXISTING) {
		if (make_step(domain, parent, name, err) == -1)
			return -1;
		how = SPOOL_MAKE;	/* it has the right mode */
		got = open_beneath(parent, name, FLAGS);
	}
	if (got == -1)
		return moved_is_mark(parent, name, err) ? -1 :
		    err_open(err, name);
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if ((how == SPOOL_MEND && mend(domain, parent, got, &st, name,
	    err) == -1) ||
	    check_step(domain, &st, name, err) == -1)
		return -1;
	*fd = got;
	got = -1;
	return 0;
}

static int
open_trusted(const struct domain *domain, int *fd, struct err *err)
{
	if (spool_open(domain->in, fd, err) == -1)
		return -1;
	return spool_trust(domain, *fd, domain->in->conf.spool, err);
}

int
spool_of_domain(const struct domain *domain, bool make, int *fd,
    struct err *err)
{
	SCOPED(drop_fd) int spool = -1;

	if (open_trusted(domain, &spool, err) == -1)
		return -1;
	if (spool_step(domain, spool, domain->name,
	    make ? SPOOL_MEND : SPOOL_EXISTING, fd, err) == -1)
		return err_within(err, "%s", domain->in->conf.spool);
	return 0;
}

/* files/ belongs to all domains: nobody but root (or the owner) writes
 * there. */
static int
open_files(const struct domain *domain, int spool, bool make, int *fd,
    struct err *err)
{
	int made = make ? change_make_dir(spool, "files", 0755, err) : 1;

	if (made == -1)
		return -1;
	if (made == 0 && !change_is_rehearsed() &&
	    (fchmodat(spool, "files", 0755, 0) == -1 || fsync(spool) == -1))
		return err_sys(err, "make files");
	return spool_step(domain, spool, "files", SPOOL_EXISTING, fd, err);
}

int
spool_files(const struct domain *domain, bool make, int *fd, struct err *err)
{
	SCOPED(drop_fd) int spool = -1;
	SCOPED(drop_fd) int files = -1;

	if (open_trusted(domain, &spool, err) == -1)
		return -1;
	if (open_files(domain, spool, make, &files, err) == -1 ||
	    spool_step(domain, files, domain->name,
	    make ? SPOOL_MEND : SPOOL_EXISTING, fd, err) == -1)
		return err_within(err, "%s", domain->in->conf.spool);
	return 0;
}
