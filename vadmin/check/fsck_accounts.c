/* fsck_accounts.c: what does not fit of an account: what root put there, and
 * what a child that has become it says of the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_file.h"
#include "belongings.h"
#include "change.h"
#include "child.h"
#include "fd.h"
#include "file.h"
#include "fsck.h"
#include "homes.h"
#include "limit.h"
#include "progress.h"
#include "repairs.h"
#include "scope.h"
#include "spool.h"

enum { TOLD_MAX = 1 << 20, LONGEST_MS = 10 * 60 * 1000 };

/* --- home and limit -------------------------------------------------- */

static void
look_at_home(struct check *check, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct ident who = account_identity(account);
	const char *name = account->domain->name;
	SCOPED(drop_fd) int fd = -1;
	struct stat st;
	struct err err;

	if (strcmp(account->home, homes_path(account->domain, &pool,
	    account->name)) != 0)
		return;
	fd = open(account->home,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		if (finding_to_repair(&check->found, name,
		    "%s: there is no such home", account->home))
			finding_repaired(&check->found, homes_make(
			    account->domain, account->name, who, &err), &err);
		return;
	}
	if (fd == -1 || fstat(fd, &st) == -1)
		finding(&check->found, name, "%s: %s: it is no home: move it "
		    "away", account->home, strerror(errno));
	else if (st.st_uid != who.uid)
		finding(&check->found, name, "%s: belongs to uid %u, not %u: "
		    "give it back (chown -hR)", account->home,
		    (unsigned)st.st_uid, (unsigned)who.uid);
	else if ((st.st_mode & S_IWOTH) && finding_to_repair(&check->found,
	    name, "%s: everybody can write to it (chmod o-w)", account->home))
		finding_repaired(&check->found, repair_mode(fd, st.st_mode &
		    0777 & ~S_IWOTH, &err), &err);
}

static const char unreadable[] = "it cannot be read";

/* NULL: it counts. */
static const char *
wrong_with_quota(const struct domain *domain, int dir, const char *name,
    const struct stat *st)
{
	SCOPED(drop_str) struct str text = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct limit limit;
	struct err err;

	if (!admin_file_counts(domain, st))
		return "neither root's nor a plain file with one name";
	if (file_open(dir, name, O_NOFOLLOW, &fd, NULL, &err) == -1 ||
	    file_read(fd, 4096, &text, &err) == -1) {
		if (err.kind != ERR_INVALID)
			return unreadable;
		str_cut(&text, 0);	/* too long for a number */
	}
	if (!limit_parse(str_slice(&text), &limit))
		return "no number of kB, nor none or disabled";
	return NULL;
}

static void
look_at_quota(struct check *check, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *name = pool_format(&pool, "%s.quota", account->name);
	struct stat st;
	struct err err;

	if (spool_of_domain(account->domain, false, &dir, &err) == -1) {
		finding_unseen(&check->found, account->domain->name, &err);
		return;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT && err_sys(&err, "%s", name) == -1)
			finding_unseen(&check->found, account->domain->name,
			    &err);
		return;
	}
	const char *wrong = wrong_with_quota(account->domain, dir, name, &st);
	if (wrong == unreadable)
		finding(&check->found, account->domain->name, "%s: %s", name,
		    wrong);
	else if (wrong != NULL && finding_to_repair(&check->found,
	    account->domain->name, "%s: %s: the domain's limit holds: vadmin "
	    "user quota %s@%s", name, wrong, account->name,
	    account->domain->name))
		finding_repaired(&check->found, repair_aside(dir, name, &err),
		    &err);
}

/* --- what lies beside the inbox -------------------------------------- */

/* Somebody else's of that name would keep its mail waiting, and he alone (or
 * root) can take it away. */
static void
look_at_kin(struct check *check, const struct account *account)
{
	static const char *const kin[] = { "queue", "session", "uids", "cache",
	    NULL };
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	struct ident who = account_identity(account);
	const char *path, *inbox;
	struct stat st;
	struct err err;

	belongings_inbox(account, &pool, &path, &inbox);
	if (dir_open(AT_FDCWD, path, &dir, &err) == -1)
		return;
	for (size_t i = 0; kin[i] != NULL; i++) {
		const char *name = pool_format(&pool, ".%s.%s", inbox, kin[i]);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    (st.st_uid == who.uid && S_ISREG(st.st_mode)))
			continue;
		if (finding_to_repair(&check->found, account->domain->name,
		    "%s/%s: not a file of uid %u: take it away", path, name,
		    (unsigned)who.uid))
			finding_repaired(&check->found, repair_aside(dir, name,
			    &err), &err);
	}
}

/* --- what the account's process says --------------------------------- */

static void
take_line(struct check *check, const struct account *account, char what,
    const char *text)
{
	const char *name = account->domain->name;
	struct err err = { ERR_TEMPORARY, "see what is above" };

	switch (what) {
	case 'R':
	case 'X':
		if (finding_to_repair(&check->found, name, "%s", text))
			finding_repaired(&check->found, what == 'R' ? 0 : -1,
			    &err);
		break;
	case 'C':
		(void)finding_to_repair(&check->found, name, "%s", text);
		break;
	case 'W':
		check_forward(check, account->domain, account->name);
		break;
	default:
		finding(&check->found, name, "%s", text);
	}
}

static void
take_lines(struct check *check, const struct account *account,
    struct slice text)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice line;

	while (text.len > 0 && slice_cut(&text, '\n', &line))
		if (line.len > 2)
			take_line(check, account, line.p[0], pool_dup(&pool,
			    slice_from(line, 2)));
}

/* Until it ends, or a disk of the account's (FUSE) has kept it too long. */
static int
listen(int in, struct str *told, struct deadline d, struct err *err)
{
	enum { CHUNK = 16384 };
	ssize_t n;

	do {
		str_room(told, CHUNK);
		n = fd_read_by(in, told->s + told->len, CHUNK, d, err);
		if (n > 0)
			told->len += (size_t)n;
		told->s[told->len] = '\0';
	} while (n > 0 && told->len <= TOLD_MAX);
	return n <= 0 ? (int)n : err_set(err, ERR_INVALID, "too much of it "
	    "does not fit: repair this, and look again");
}

static int
look_as(struct looking *l, struct ident who, struct str *told,
    struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int in = -1;
	SCOPED(drop_fd) int out = -1;
	struct deadline d = deadline_in(LONGEST_MS);
	int ends[2], status;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "make a pipe");
	in = ends[0];
	out = ends[1];
	int forked = child_fork(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0) {
		l->out = out;
		change_watch(NULL);	/* the journal is the parent's */
		_exit(ident_become(who, err) == -1 || fsck_look(l, err) == -1);
	}
	drop_fd(&out);
	if (listen(in, told, d, err) == -1 ||
	    child_wait(&child, d, &status, err) == -1)
		return -1;
	return status == 0 ? 0 : err_set(err, ERR_TEMPORARY, "it could not be "
	    "looked at as uid %u", (unsigned)who.uid);
}

/* Without root another's things are his business. */
void
fsck_account(struct check *check, const struct account *account)
{
	SCOPED(drop_str) struct str told = { 0 };
	struct looking l = { account, check->found.repair, -1 };
	struct ident who = account_identity(account);
	struct err err;

	look_at_home(check, account);
	look_at_quota(check, account);
	if (used_inbox_of(&check->used, account) == NULL)
		look_at_kin(check, account);
	if (ident_can_become(who, &err) == -1)
		return;
	int got = look_as(&l, who, &told, &err);
	take_lines(check, account, str_slice(&told));
	if (got == -1)
		finding(&check->found, account->domain->name, "%s: %s",
		    account->name, err.text);
}

/* --- all of them ----------------------------------------------------- */

struct visiting {
	struct check	*check;
	struct pool	 names;
	struct table	 seen;
};

/* Of an account that is there twice the first line counts. */
static int
visit(void *arg, const struct account *account, struct err *err)
{
	struct visiting *v = arg;

	(void)err;
	if (table_add_lower(&v->seen, &v->names, slice_of(account->name)))
		fsck_account(v->check, account);
	progress_account(account->domain->name);
	return 0;
}

static void
quiet(const char *text)
{
	(void)text;		/* the shared checks tell broken lines */
}

void
fsck_accounts(struct check *check, const struct domain *domain)
{
	struct installation in = *domain->in;
	struct domain silent = *domain;
	struct visiting v = { .check = check };
	struct err err;

	in.warn = quiet;
	silent.in = &in;
	if (account_each(&silent, visit, &v, &err) == -1)
		finding_unseen(&check->found, domain->name, &err);
	drop_table(&v.seen);
	drop_pool(&v.names);
}
