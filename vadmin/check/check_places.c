/* check_places.c: findings of the directories that the mail of all domains goes
 * through: the spool, files in it, and the homes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "compat.h"
#include "fd.h"
#include "mem.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "table.h"

static char good, bad;

/* Not once more for each of a hundred thousand domains. */
static bool
is_news(struct check *check, const char *text)
{
	if (table_find(&check->places, text) != NULL)
		return false;
	*table_at(&check->places, pool_dup(&check->call->pool,
	    slice_of(text))) = &good;
	return true;
}

/* --- whether accounts come through ----------------------------------- */

/* Which bit lets the domain's processes through: NULL, it is set. */
static const char *
wanting(const struct domain *domain, const struct stat *st)
{
	if (domain->one_owner && st->st_uid == domain->owner.uid)
		return st->st_mode & S_IXUSR ? NULL : "u+x";
	if (st->st_gid == domain->owner.gid)
		return st->st_mode & S_IXGRP ? NULL : "g+x";
	return st->st_mode & S_IXOTH ? NULL : "o+x";
}

static void
check_step(struct check *check, const struct domain *domain, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    wanting(domain, &st) == NULL || !is_news(check, path))
		return;
	finding(&check->found, domain->name, "%s: its mode is %o, and accounts "
	    "cannot come through: their mail waits: let them (chmod %s)", path,
	    st.st_mode & 07777, wanting(domain, &st));
}

/* What is missing is told elsewhere, or made when it is needed. */
static void
check_way(struct check *check, const struct domain *domain, const char *path)
{
	SCOPED(drop_mem) char *real = realpath(path, NULL);

	for (char *p = real; p != NULL && (p = strchr(p + 1, '/')) != NULL;
	    *p = '/') {
		*p = '\0';
		check_step(check, domain, real);
	}
	if (real != NULL)
		check_step(check, domain, real);
}

/* --- what the programs refuse ---------------------------------------- */

/* True: it is as it should be, by now. */
static bool
close_it(struct check *check, int fd, const char *text)
{
	struct stat st;
	struct err err;

	/* A directory of many, as /tmp or /var/mail are, is not ours to close. */
	if (fstat(fd, &st) == -1 || st.st_uid != geteuid() ||
	    (st.st_mode & (S_ISVTX | S_ISGID)) != 0) {
		if (is_news(check, text))
			finding(&check->found, "spool", "%s", text);
		return false;
	}
	if (!is_news(check, text) ||
	    !finding_to_repair(&check->found, "spool", "%s", text))
		return false;
	int got = repair_mode(fd, st.st_mode & 07777 &
	    ~(mode_t)(S_IWGRP | S_IWOTH), &err);
	finding_repaired(&check->found, got, &err);
	return got == 0;
}

static bool
check_files(struct check *check, const struct domain *domain, int spool,
    const char *path)
{
	SCOPED(drop_fd) int any = compat_open_beneath(spool, "files",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct err err;

	if (any == -1 && errno == ENOENT)
		return true;
	if (any == -1) {
		const char *text = pool_format(&pool, "%s/files: %s: no "
		    "directory of the spool's: forwards, vacations and "
		    "automatic answers wait: move it away, and put a directory "
		    "there", path, strerror(errno));
		if (is_news(check, text))
			finding(&check->found, "spool", "%s", text);
		return false;
	}
	return spool_step(domain, spool, "files", SPOOL_EXISTING, &fd,
	    &err) == 0 || close_it(check, any, pool_format(&pool,
	    "%s/files: %s", path, err.text));
}

/* False: nothing in the spool can be used. */
static bool
check_spool(struct check *check, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = domain->in;
	const char *path = installation_path(in, &pool, in->conf.spool);
	SCOPED(drop_fd) int spool = -1;
	struct err err;

	if (spool_open(in, &spool, &err) == -1) {
		if (is_news(check, err.text))
			finding(&check->found, "spool", "%s", err.text);
		return false;
	}
	if (spool_trust(domain, spool, path, &err) == -1 &&
	    !close_it(check, spool, err.text))
		return false;
	if (!check_files(check, domain, spool, path))
		return false;
	if (in->as_root)
		check_way(check, domain, pool_format(&pool, "%s/files", path));
	return true;
}

/* What depends on the domain's ids alone is looked at once for them. */
static bool
check_shared(struct check *check, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = domain->in;
	const char *key = pool_format(&pool, "%d %u %u %d", domain->one_owner,
	    (unsigned)domain->owner.uid, (unsigned)domain->owner.gid,
	    domain->of_system);
	void *known = table_find(&check->places, key);

	if (known != NULL)
		return known == &good;
	bool usable = check_spool(check, domain);
	if (in->as_root)
		check_way(check, domain, installation_path(in, &pool,
		    in->conf.homes));
	*table_at(&check->places, pool_dup(&check->call->pool,
	    slice_of(key))) = usable ? &good : &bad;
	return usable;
}

bool
check_places(struct check *check, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct installation *in = domain->in;
	const char *homes = pool_format(&pool, "%s/%s", installation_path(in,
	    &pool, in->conf.homes), domain->name);
	bool usable = check_shared(check, domain);

	if (in->as_root) {
		check_step(check, domain, homes);
		check_step(check, domain, pool_format(&pool, "%s/home",
		    homes));
	}
	return usable;
}
