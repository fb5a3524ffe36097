/* orphans.c: what lies in the spool and is nobody's. */
#include "orphans.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "file.h"
#include "mailbox.h"
#include "name.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "trash_record.h"

#define AWAY	"move it away"

enum { TOLD_MAX = 20 };		/* of one directory */

static char somebodys;

void
drop_kept(struct kept *kept)
{
	drop_table(&kept->names);
	drop_pool(&kept->pool);
}

void
kept_name(struct kept *kept, const char *name)
{
	*table_at(&kept->names, pool_dup(&kept->pool, slice_of(name))) =
	    &somebodys;
}

/* The step of path that is just below dir; NULL: path lies elsewhere. */
static const char *
step_below(struct pool *pool, const char *path, const char *dir)
{
	struct slice rest = slice_of(path), step = { 0 };

	if (!slice_starts(rest, dir))
		return NULL;
	rest = slice_from(rest, strlen(dir));
	if (!slice_starts(rest, "/"))
		return NULL;
	while (slice_cut(&rest, '/', &step))
		if (step.len > 0)
			return pool_dup(pool, step);
	return NULL;
}

static const char *
spool_path(const struct installation *in, struct pool *pool)
{
	return installation_path(in, pool, in->conf.spool);
}

void
kept_domain(struct kept *kept, const struct domain *domain)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct account anybody = { .domain = domain, .name = "%u" };
	const char *step = step_below(&pool, mailbox_path(&anybody, &pool),
	    spool_path(domain->in, &pool));

	kept_name(kept, domain->name);
	if (step != NULL)
		kept_name(kept, step);
	/* Inboxes of accounts right in the spool look like domains. */
	kept->all = kept->all || (step != NULL && strstr(step, "%u") != NULL);
}

void
kept_inbox(struct kept *kept, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const char *dir = pool_format(&pool, "%s/%s",
	    spool_path(account->domain->in, &pool), account->domain->name);
	const char *step = step_below(&pool, mailbox_path(account, &pool),
	    dir);

	if (step != NULL)
		kept_name(kept, step);
}

/* One directory that is looked through. */
struct place {
	struct findings		*found;
	const struct kept	*kept;
	const char		*about, *path;
	bool			(*counts)(struct slice name, mode_t mode);
	const char		*what;
	const struct domain	*domain;	/* whose inboxes; or NULL */
	const struct table	*accounts;
	struct used		*used;
};

static bool
is_like_domain(struct slice name, mode_t mode)
{
	return S_ISDIR(mode) && name_is_domain(name);
}

/* U.lock and U.quota lie beside inboxes, and can be no account's. */
static bool
is_like_inbox(struct slice name, mode_t mode)
{
	return (S_ISREG(mode) || S_ISDIR(mode)) && name_is_account(name);
}

/* What an interrupted deletion has left is not to be lost. */
const char *
orphan_mend(const struct domain *domain, struct pool *pool,
    const char *account, bool *by_hand)
{
	const char **stamps;
	size_t count;
	struct err unused;

	*by_hand = trash_record_stamps(domain, pool, account, &stamps, &count,
	    &unused) == 0 && count > 0;
	return !*by_hand ? AWAY : pool_format(pool, "move it away, or, if the "
	    "account's deletion was interrupted: vadmin user restore %s@%s",
	    account, domain->name);
}

/* Where mail came before the domain got another "inbox" it is the account's
 * still. */
static const char *
mend(const struct place *p, const char *name, struct pool *pool,
    bool *by_hand)
{
	struct account account = { .domain = p->domain, .name = name };
	const char *doubt;

	*by_hand = true;
	if (p->domain == NULL)
		return AWAY;
	if (table_find(p->accounts, pool_lower(pool, slice_of(name))) != NULL)
		return pool_format(pool, "the account's inbox is %s by now: "
		    "move it there, or away", mailbox_path(&account, pool));
	if (used_by_account(p->used, p->domain->in, p->path, name, &doubt) ==
	    USE_UNKNOWN)
		return pool_format(pool, AWAY ", if it is not another "
		    "domain's: that cannot be told (%s)", doubt);
	return orphan_mend(p->domain, pool, name, by_hand);
}

static bool
is_used(const struct place *p, const char *name)
{
	const char *unused;

	return p->domain != NULL && used_by_account(p->used, p->domain->in,
	    p->path, name, &unused) == USE_ACCOUNT;
}

/* An account's whose deletion was interrupted, or nobody's. */
static void
tell(const struct place *p, int dir, const char *name, const struct stat *st)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	bool by_hand;
	const char *what = mend(p, name, &pool, &by_hand);
	struct err err;

	if (by_hand)
		finding(p->found, p->about, "%s/%s: %s: it belongs to uid %u: "
		    "%s", p->path, name, p->what, (unsigned)st->st_uid, what);
	else if (finding_to_repair(p->found, p->about, "%s/%s: %s: it belongs "
	    "to uid %u: %s", p->path, name, p->what, (unsigned)st->st_uid,
	    what))
		finding_repaired(p->found, repair_aside(dir, name, &err), &err);
}

/* By errno: what is gone by now is no matter. */
static void
unseen(const struct place *p, const char *name)
{
	struct err err;

	if (errno != ENOENT && err_sys(&err, "%s/%s", p->path, name) == -1)
		finding_unseen(p->found, p->about, &err);
}

/* An account's U.lock, which a delivery cannot make then. */
static bool
is_no_lock(const struct place *p, struct slice name, mode_t mode,
    struct pool *pool)
{
	if (p->domain == NULL || S_ISREG(mode) || !slice_ends(name, ".lock"))
		return false;
	name.len -= sizeof ".lock" - 1;
	return table_find(&p->kept->names, pool_dup(pool, name)) != NULL;
}

static void
look_at_lock(const struct place *p, int dir, const char *name,
    const struct stat *st)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct err err;

	if (is_no_lock(p, slice_of(name), st->st_mode, &pool) &&
	    finding_to_repair(p->found, p->about, "%s/%s: no plain file: the "
	    "account's mail waits: take it away", p->path, name))
		finding_repaired(p->found, repair_aside(dir, name, &err),
		    &err);
}

/* Takes fd. */
static void
look_through(const struct place *p, int fd)
{
	SCOPED(drop_dir) DIR *dir = fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	size_t count = 0;

	if (dir == NULL) {
		unseen(p, "");
		drop_fd(&fd);
		return;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		if (name[0] == '.' ||
		    table_find(&p->kept->names, name) != NULL)
			continue;
		if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
			unseen(p, name);
			continue;
		}
		look_at_lock(p, dirfd(dir), name, &st);
		if (!p->counts(slice_of(name), st.st_mode) || is_used(p, name))
			continue;
		if (count++ < TOLD_MAX || p->found->repair)
			tell(p, dirfd(dir), name, &st);
	}
	if (errno != 0)
		unseen(p, "");
	if (count > TOLD_MAX && !p->found->repair)
		finding(p->found, p->about, "%s: %zu more of that kind",
		    p->path, count - TOLD_MAX);
}

void
orphans_in_spool(struct findings *found, const struct installation *in,
    const struct kept *kept)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int spool = -1;
	struct place place = {
		.found = found, .kept = kept, .about = "spool",
		.path = spool_path(in, &pool), .counts = is_like_domain,
		.what = "no domain has this directory",
	};
	struct err err;

	if (kept->all)
		return;
	if (spool_open(in, &spool, &err) == -1) {
		finding_unseen(found, "spool", &err);
		return;
	}
	int files = openat(spool, "files",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	look_through(&place, spool);
	spool = -1;
	place.path = pool_format(&pool, "%s/files", place.path);
	if (files != -1)
		look_through(&place, files);
}

void
orphans_among_inboxes(struct findings *found, const struct domain *domain,
    const struct kept *kept, const struct table *accounts, struct used *used)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	const struct place place = {
		.found = found, .kept = kept, .about = domain->name,
		.path = pool_format(&pool, "%s/%s", spool_path(domain->in,
		    &pool), domain->name),
		.counts = is_like_inbox, .what = "no account has this inbox",
		.domain = domain, .accounts = accounts, .used = used,
	};
	struct err err;
	int fd;

	if (spool_of_domain(domain, false, &fd, &err) == 0)
		look_through(&place, fd);
	else
		finding_unseen(found, domain->name, &err);
}
