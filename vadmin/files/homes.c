/* homes.c: the home directories of accounts. */
#include "homes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "file.h"
#include "relocate.h"
#include "scope.h"

enum { OPEN_STEP = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* "mkdir -p" for the homes themselves, which the administrator names. */
static int
open_homes(const struct installation *in, struct pool *pool, int *fd,
    struct err *err)
{
	const char *path = installation_path(in, pool, in->conf.homes);
	SCOPED(drop_str) struct str step = { 0 };
	struct slice rest = slice_of(path), name;

	while (slice_cut(&rest, '/', &name)) {
		str_addslice(&step, name);
		int made = name.len > 0 ? change_make_dir(AT_FDCWD,
		    str_text(&step), 0755, err) : 1;
		if (made == 0 && !change_is_rehearsed() &&
		    chmod(str_text(&step), 0755) == -1)
			return err_sys(err, "make %s", str_text(&step));
		str_addc(&step, '/');
	}
	if (dir_open(AT_FDCWD, path, fd, err) == 0)
		return 0;
	err->kind = ERR_TEMPORARY;
	return err_within(err, "homes");
}

/* Whoever can write there could put another directory in the way. */
static int
check_step(const struct domain *domain, int fd, const char *name,
    struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", name);
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    !(domain->one_owner && st.st_uid == domain->owner.uid))
		return err_set(err, ERR_REFUSED,
		    "%s belongs to uid %u: give it to root (chown)", name,
		    (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_REFUSED,
		    "others can write to %s: close it (chmod go-w)", name);
	return 0;
}

static int
open_step(const struct domain *domain, int parent, const char *name, int *fd,
    struct err *err)
{
	SCOPED(drop_fd) int got = -1;
	int made = change_make_dir(parent, name, 0755, err);

	if (made == -1)
		return -1;
	got = change_open(parent, name, OPEN_STEP);
	if (got == -1)
		return err_sys(err, "%s", name);
	if (made == 0 && (fchmod(got, 0755) == -1 || fsync(parent) == -1))
		return err_sys(err, "make %s", name);
	if (check_step(domain, got, name, err) == -1)
		return -1;
	*fd = got;
	got = -1;
	return 0;
}

int
homes_of_domain(const struct domain *domain, int *fd, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int homes = -1;
	SCOPED(drop_fd) int own = -1;

	if (open_homes(domain->in, &pool, &homes, err) == -1)
		return -1;
	if (open_step(domain, homes, domain->name, &own, err) == -1 ||
	    open_step(domain, own, "home", fd, err) == -1)
		return err_within(err, "%s", domain->in->conf.homes);
	return 0;
}

const char *
homes_path(const struct domain *domain, struct pool *pool, const char *account)
{
	const char *homes = installation_path(domain->in, pool,
	    domain->in->conf.homes);

	return pool_format(pool, "%s/%s/home/%s", homes, domain->name, account);
}

static int
keep_existing(int parent, const char *path, const char *account,
    struct ident who, struct err *err)
{
	struct stat st;

	if (change_stat(parent, account, &st) == -1)
		return err_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == who.uid)
		return 0;
	return err_set(err, ERR_EXISTS,
	    "%s is there already and belongs to uid %u: move it away first",
	    path, (unsigned)st.st_uid);
}

int
homes_make_in(int parent, const struct domain *domain, const char *account,
    struct ident who, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	const char *path = homes_path(domain, &pool, account);

	if (relocate_clear((struct place){ parent, account }, err) == -1)
		return -1;
	/* goes only where it is empty */
	if (change_remove_dir(parent, account, err) == -1)
		return -1;
	int made = change_make_dir(parent, account, 0700, err);
	if (made != 0)
		return made == 1 ? keep_existing(parent, path, account, who,
		    err) : err_within(err, "%s", path);
	fd = change_open(parent, account, OPEN_STEP);
	if (fd == -1)
		return err_sys(err, "%s", path);
	if (domain->in->as_root && fchown(fd, who.uid, who.gid) == -1)
		return err_sys(err, "owner of %s", path);
	return fchmod(fd, 0700) == -1 ? err_sys(err, "make %s", path) : 0;
}

int
homes_make(const struct domain *domain, const char *account, struct ident who,
    struct err *err)
{
	SCOPED(drop_fd) int parent = -1;

	if (homes_of_domain(domain, &parent, err) == -1 ||
	    homes_make_in(parent, domain, account, who, err) == -1)
		return -1;
	return fsync(parent) == -1 ? err_sys(err, "sync the directory of the "
	    "home of %s", account) : 0;
}
