/* fsck_orphans.c: limits, forwards, vacations and homes of no account. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "homes.h"
#include "moved.h"
#include "name.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"
#include "table.h"

struct names {
	const char	*name;
	struct names	*next;
};

struct searching {
	struct check		*check;
	const struct domain	*domain;
	struct table		 accounts;	/* lower case */
	struct pool		 pool;
	bool			 broken;	/* a line may be anybody's */
};

/* --- which there are ------------------------------------------------- */

static bool *heard;

static void
hear(const char *text)
{
	(void)text;
	*heard = true;
}

static int
note_account(void *arg, const struct account *account, struct err *err)
{
	struct searching *s = arg;

	(void)err;
	*table_at(&s->accounts, pool_lower(&s->pool,
	    slice_of(account->name))) = s;
	return 0;
}

static void
list_accounts(struct searching *s)
{
	struct installation in = *s->domain->in;
	struct domain listened = *s->domain;
	struct err err;

	heard = &s->broken;
	in.warn = hear;
	listened.in = &in;
	if (account_each(&listened, note_account, s, &err) == -1) {
		finding_unseen(&s->check->found, s->domain->name, &err);
		s->broken = true;
	}
}

/* --- places ---------------------------------------------------------- */

/* The account that a file is of, by its ending. */
static bool
owner_of(const char *file, const char *const *endings, struct slice *owner)
{
	for (; *endings != NULL; endings++) {
		*owner = slice_of(file);
		if (!slice_ends(*owner, *endings))
			continue;
		owner->len -= strlen(*endings);
		return name_is_account(*owner);
	}
	return false;
}

static const char *const of_homes[] = { "", NULL };

static const char *
homes_of(const struct searching *s, struct pool *pool)
{
	const struct installation *in = s->domain->in;

	return pool_format(pool, "%s/%s/home", installation_path(in, pool,
	    in->conf.homes), s->domain->name);
}

/* Where an account was renamed a mark keeps the place of its home. */
static bool
is_no_home(struct searching *s, int dir, const char *name, const char **doubt)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct err err;

	return moved_is_mark(dir, name, &err) || used_by_account(
	    &s->check->used, s->domain->in, homes_of(s, &pool), name,
	    doubt) == USE_ACCOUNT;
}

/* What is to be done about it; *by_hand: not by fsck. */
static const char *
mend(const struct searching *s, struct pool *pool, struct slice owner,
    const char *doubt, bool *by_hand)
{
	*by_hand = doubt != NULL;
	return doubt != NULL ? pool_format(pool, "move it away, if it is no "
	    "other account's: that cannot be told (%s)", doubt) :
	    orphan_mend(s->domain, pool, pool_dup(pool, owner), by_hand);
}

static void
look_at(struct searching *s, int dir, const char *where, const char *name,
    const char *const *endings)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	static const char text[] = "%s/%s: there is no account '%.*s': the "
	    "next one of that name would have it: %s";
	const char *doubt = NULL;
	struct slice owner;
	struct err err;
	bool by_hand;

	if (!owner_of(name, endings, &owner) || table_find(&s->accounts,
	    pool_lower(&s->pool, owner)) != NULL ||
	    (endings == of_homes && is_no_home(s, dir, name, &doubt)))
		return;
	const char *what = mend(s, &pool, owner, doubt, &by_hand);
	if (by_hand)
		finding(&s->check->found, s->domain->name, text, where, name,
		    (int)owner.len, owner.p, what);
	else if (finding_to_repair(&s->check->found, s->domain->name, text,
	    where, name, (int)owner.len, owner.p, what))
		finding_repaired(&s->check->found, repair_aside(dir, name,
		    &err), &err);
}

/* Takes fd.  The names first: what is repaired changes the directory. */
static void
look_through(struct searching *s, int fd, const char *where,
    const char *const *endings)
{
	SCOPED(drop_dir) DIR *dir = fdopendir(fd);
	struct names *all = NULL;
	struct dirent *e;
	struct err err;

	if (dir == NULL) {
		if (err_sys(&err, "%s", where) == -1)
			finding_unseen(&s->check->found, s->domain->name, &err);
		drop_fd(&fd);
		return;
	}
	while (errno = 0, (e = readdir(dir)) != NULL) {
		struct names *one = pool_alloc(&s->pool, sizeof *one);
		*one = (struct names){ pool_dup(&s->pool,
		    slice_of(e->d_name)), all };
		all = one;
	}
	if (errno != 0 && err_sys(&err, "%s", where) == -1)
		finding_unseen(&s->check->found, s->domain->name, &err);
	for (; all != NULL; all = all->next)
		look_at(s, fd, where, all->name, endings);
}

static void
look_at_all(struct searching *s)
{
	static const char *const of_spool[] = { ".quota", NULL };
	static const char *const of_files[] = { ".vacation.db.damaged",
	    ".vacation.db", ".vacation", ".forward", ".filter", ".profile",
	    NULL };
	const char *name = s->domain->name;
	struct err err;
	int fd;

	if (spool_of_domain(s->domain, false, &fd, &err) == 0)
		look_through(s, fd, name, of_spool);
	else
		finding_unseen(&s->check->found, name, &err);
	if (spool_files(s->domain, false, &fd, &err) == 0)
		look_through(s, fd, pool_format(&s->pool, "files/%s", name),
		    of_files);
	else
		finding_unseen(&s->check->found, name, &err);
	fd = open(homes_of(s, &s->pool),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1)
		look_through(s, fd, pool_format(&s->pool, "homes/%s/home",
		    name), of_homes);
	else if (errno != ENOENT && err_sys(&err, "homes/%s/home", name) == -1)
		finding_unseen(&s->check->found, name, &err);
}

void
fsck_orphans(struct check *check, const struct domain *domain)
{
	struct searching s = { .check = check, .domain = domain };

	list_accounts(&s);
	if (!s.broken)
		look_at_all(&s);
	drop_table(&s.accounts);
	drop_pool(&s.pool);
}
