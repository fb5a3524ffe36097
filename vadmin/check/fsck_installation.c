/* fsck_installation.c: what does not fit in DIR, in its ids and its state. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "name.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "table.h"
#include "tries.h"
#include "uid_mark.h"

/* --- DIR ------------------------------------------------------------- */

/* With the lock had, nobody is writing one. */
static bool
is_draft(struct slice name)
{
	return slice_starts(name, ".") && slice_ends(name, ".new");
}

/* A domain alias, and not one that just cannot be looked at, or of a domain that
 * is on its way. */
static bool
leads_nowhere(struct check *check, const char *name)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	int in = check->call->in.dir;
	const char *real;
	struct stat st;
	struct err err;

	return !check->domains_begun && strncmp(name, "domain.", 7) == 0 &&
	    fstatat(in, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode) && domain_real_name(&check->call->in, &pool,
	    slice_of(name + 7), &real, &err) == -1 &&
	    fstatat(in, name, &st, 0) == -1 &&
	    (errno == ENOENT || errno == ELOOP);
}

static void
look_at_name(struct check *check, const char *name)
{
	const struct installation *in = &check->call->in;
	struct err err;
	bool draft = is_draft(slice_of(name));

	if (!draft && !leads_nowhere(check, name))
		return;
	if (finding_to_repair(&check->found, "installation", draft ?
	    "%s/%s: left by a change that was interrupted: take it away" :
	    "%s/%s: a domain alias that leads to no domain: take it away",
	    in->path, name))
		finding_repaired(&check->found, repair_aside(in->dir, name,
		    &err), &err);
}

/* The list first: what is repaired changes the directory. */
void
fsck_installation(struct check *check)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_dir) DIR *dir = NULL;
	struct names { const char *name; struct names *next; } *all = NULL;
	int fd = openat(check->call->in.dir, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	struct err err;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (err_sys(&err, "%s", check->call->in.path) == -1)
			finding_unseen(&check->found, "installation", &err);
		drop_fd(&fd);
		return;
	}
	while (errno = 0, (e = readdir(dir)) != NULL) {
		struct names *one = pool_alloc(&pool, sizeof *one);
		*one = (struct names){ pool_dup(&pool, slice_of(e->d_name)),
		    all };
		all = one;
	}
	if (errno != 0 && err_sys(&err, "%s", check->call->in.path) == -1)
		finding_unseen(&check->found, "installation", &err);
	for (; all != NULL; all = all->next)
		look_at_name(check, all->name);
}

/* --- ids ------------------------------------------------------------- */

struct ids {
	struct check	*check;
	struct pool	 pool;
	struct table	 owners;	/* of an id: its account */
	uint64_t	 highest;
};

static int
note_id(void *arg, const struct account *account, struct err *err)
{
	struct ids *ids = arg;
	const char *id = pool_format(&ids->pool, "%u",
	    (unsigned)account->ident.uid);
	char *who = pool_format(&ids->pool, "%s@%s", account->name,
	    account->domain->name);
	void **slot = table_at(&ids->owners, id);

	(void)err;
	if (*slot == NULL)
		*slot = who;
	else if (!slice_same(slice_of(*slot), slice_of(who)))
		finding(&ids->check->found, account->domain->name,
		    "%s:%u: '%s' has user id %s, which is %s's, too: each can "
		    "read the other's mail: give it another one (vadmin "
		    "backup, user delete, restore)", account->file,
		    account->line, account->name, id, (const char *)*slot);
	if (account->ident.uid > ids->highest)
		ids->highest = account->ident.uid;
	return 0;
}

static int
note_domain(void *arg, const char *name, bool is_alias, struct err *err)
{
	struct ids *ids = arg;
	struct domain *domain;
	struct err unused;

	(void)err;
	if (!is_alias && domain_open(&ids->check->call->in, &ids->pool,
	    slice_of(name), &domain, &unused) == 0 && !domain->one_owner)
		(void)account_each(domain, note_id, ids, &unused);
	return 0;
}

static void
quiet(const char *text)
{
	(void)text;		/* the lines were told */
}

static void
check_mark(struct check *check, uint64_t highest)
{
	const struct installation *in = &check->call->in;
	uint64_t mark = 0;
	struct err err;
	int got = uid_mark_read(in, &mark, &err);

	if (highest == 0 || (got == 0 && mark > highest))
		return;
	bool broken = got == -1 && err.kind != ERR_ABSENT;
	if (broken && err.kind != ERR_INVALID) {
		/* what cannot be read now may say more than all accounts do */
		finding(&check->found, "uids", "%s", err.text);
		return;
	}
	if (!finding_to_repair(&check->found, "uids", broken ? "%s: %s" :
	    "%s/uids: %s", broken ? err.text : in->path, broken ?
	    "no new account can have a user id" : "ids of accounts lie above "
	    "its mark: one that is deleted by hand could be given again"))
		return;
	int done = broken ? repair_aside(in->dir, "uids", &err) : 0;
	if (done == 0)
		done = uid_mark_raise(in, highest + 1, &err);
	finding_repaired(&check->found, done, &err);
}

void
fsck_uids(struct check *check)
{
	struct ids ids = { .check = check };
	struct err err;
	void (*warn)(const char *) = check->call->in.warn;

	check->call->in.warn = quiet;
	if (domain_each(&check->call->in, &ids.pool, note_domain, &ids,
	    &err) == 0)
		check_mark(check, ids.highest);
	check->call->in.warn = warn;
	drop_table(&ids.owners);
	drop_pool(&ids.pool);
}

/* --- state ----------------------------------------------------------- */

static void
check_logins(struct check *check, int state, const char *path)
{
	struct stat st;
	struct err err;

	if (fstatat(state, "logins", &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (S_ISREG(st.st_mode) && st.st_size == tries_file_size()))
		return;
	if (finding_to_repair(&check->found, "state", "%s/logins: not as it "
	    "is written: failed logins are forgotten", path))
		finding_repaired(&check->found, repair_aside(state, "logins",
		    &err), &err);
}

/* A retry comes within days, or never. */
static void
check_deliveries(struct check *check, int state, const char *path)
{
	enum { DAYS = 8, DAY = 24 * 60 * 60 };
	SCOPED(drop_dir) DIR *dir = NULL;
	int fd = openat(state, "deliveries",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	struct stat st;
	struct err err;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		drop_fd(&fd);
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || fstatat(fd, e->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode) ||
		    time(NULL) - st.st_mtime < DAYS * DAY)
			continue;
		if (finding_to_repair(&check->found, "state",
		    "%s/deliveries/%s: a record of more than a week ago: take "
		    "it away", path, e->d_name))
			finding_repaired(&check->found, unlinkat(fd, e->d_name,
			    0) == -1 ? err_sys(&err, "remove it") : 0, &err);
	}
}

void
fsck_state(struct check *check)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int state = -1;
	const char *path = installation_path(&check->call->in, &pool,
	    check->call->in.conf.state);
	struct err err;

	if (dir_open(AT_FDCWD, path, &state, &err) == -1)
		return;
	check_logins(check, state, path);
	check_deliveries(check, state, path);
}
