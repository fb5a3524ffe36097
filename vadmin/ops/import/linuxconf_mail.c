/* linuxconf_mail.c: the mail and the homes of a domain, copied from a
 * Linuxconf machine. */
#include "linuxconf_mail.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "copy.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "homes.h"
#include "progress.h"
#include "scope.h"
#include "spool.h"

/* One directory of the old machine, and where its things go. */
struct moving {
	const struct old_machine	*old;
	const struct domain		*domain;
	const struct table		*accounts;
	struct report			*report;
	const char			*place;	/* "var/spool/vmail/D" */
	int				 from, to;
};

static const char *
where_is(const struct moving *m, const char *name)
{
	return old_machine_name(m->old, m->place, name);
}

/* Whose name with this ending it is; NULL: nobody's. */
static const struct account *
owner_of(const struct moving *m, const char *name, const char *ending)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct slice who = slice_of(name);

	if (!slice_ends(who, ending))
		return NULL;
	who.len -= strlen(ending);
	return table_find(m->accounts, pool_dup(&pool, who));
}

static void
report_copy(const struct moving *m, const char *name, const char *what,
    enum copied done, const struct copy *copy)
{
	if (done == COPY_OTHER)
		report_left(m->report, where_is(m, name), what, "something "
		    "else of that name is there already: move it away, and "
		    "import again");
	else if (copy->strange > 0)
		report_left(m->report, where_is(m, name), what, "%zu things "
		    "in it that are neither file, directory nor link, such "
		    "as '%s'; the rest is taken", copy->strange, copy->first);
	else if (done == COPY_SAME)
		report_same(m->report, where_is(m, name), what,
		    "it is there already");
	else
		report_taken(m->report, where_is(m, name), what, "%s", "");
}

static int
take_file(const struct moving *m, const char *name, const char *what,
    mode_t mode, struct ident who, struct err *err)
{
	struct copy copy = { .who = who };
	enum copied done;

	if (copy_file(m->from, m->to, name, mode, &copy, &done, err) == 0) {
		report_copy(m, name, what, done, &copy);
		return 0;
	}
	if (err->kind != ERR_REFUSED)
		return err_within(err, "%s", where_is(m, name));
	report_left(m->report, where_is(m, name), what, "%s", err->text);
	return 0;
}

/* --- what lies where ---------------------------------------------------- */

static const struct {
	const char	*ending, *what;
	mode_t		 mode;
	bool		 is_accounts;	/* else root's, or the owner's */
	bool		 needs_account;
	bool		 of_files;	/* in files/D, else in spool/D */
} kinds[] = {
	{ ".quota", "limit", MODE_PUBLIC, false, true, false },
	{ "", "inbox", MODE_SECRET, true, true, false },
	{ ".auto", "autoresponder", MODE_PUBLIC, false, false, true },
	{ ".forward", "forward", MODE_PUBLIC, false, true, true },
	{ ".vacation", "vacation", MODE_SECRET, true, true, true },
	{ ".vacation.db", "memory of a vacation", MODE_SECRET, true, true,
	  true },
};

static int
take_one(const struct moving *m, bool of_files, const char *name,
    struct err *err)
{
	const struct ident administrator = { geteuid(), (gid_t)-1 };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct account *account = owner_of(m, name,
		    kinds[i].ending);
		bool fits = account != NULL || (!kinds[i].needs_account &&
		    slice_ends(slice_of(name), kinds[i].ending));
		if (kinds[i].of_files != of_files || !fits)
			continue;
		return take_file(m, name, kinds[i].what, kinds[i].mode,
		    kinds[i].is_accounts ? account_identity(account) :
		    administrator, err);
	}
	report_left(m->report, where_is(m, name), name, "%s",
	    name[0] == '.' || slice_ends(slice_of(name), ".lock") ?
	    "what a program of the old machine kept for itself" :
	    "no account has this name");
	return 0;
}

static int
take_files(const struct moving *m, bool of_files, struct err *err)
{
	const char **names;
	size_t count;

	if (old_machine_list(m->old, m->from, &names, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_one(m, of_files, names[i], err) == -1)
			return -1;
		progress_show(m->place, i + 1, count);
	}
	return 0;
}

static int
take_home(const struct moving *m, const char *name, struct err *err)
{
	const struct account *account = owner_of(m, name, "");
	struct copy copy = { 0 };
	enum copied done;

	if (account == NULL) {
		report_left(m->report, where_is(m, name), name,
		    "no account has this name");
		return 0;
	}
	copy.who = account_identity(account);
	if (copy_tree(m->from, m->to, name, &copy, &done, err) == -1)
		return err_within(err, "%s", where_is(m, name));
	if (done == COPY_OTHER)
		report_same(m->report, where_is(m, name), "home",
		    "it is there already");
	else
		report_copy(m, name, "home", done, &copy);
	return 0;
}

static int
take_homes(const struct moving *m, struct err *err)
{
	const char **names;
	size_t count;

	if (old_machine_list(m->old, m->from, &names, &count, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_home(m, names[i], err) == -1)
			return -1;
		progress_show(m->place, i + 1, count);
	}
	return fsync(m->to) == -1 ?
	    err_sys(err, "sync the homes of %s", m->domain->name) : 0;
}

/* --- the three places --------------------------------------------------- */

/* A directory of the old machine; missing is no error. */
static int
open_old(int parent, const char *path, int *fd, struct err *err)
{
	if (parent == -1)
		return 0;
	int got = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (got == -1) {
		err_fill_open(err, path);
		return err->kind == ERR_ABSENT ? 0 : -1;
	}
	*fd = got;
	return 0;
}

static int
move_inboxes(struct moving m, const char *old_name, struct err *err)
{
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;

	if (open_old(m.old->spool, old_name, &from, err) == -1 ||
	    spool_of_domain(m.domain, true, &to, err) == -1)
		return -1;
	m.from = from;
	m.to = to;
	m.place = pool_format(m.old->pool, "var/spool/vmail/%s", old_name);
	return from == -1 ? 0 : take_files(&m, false, err);
}

static int
move_files(struct moving m, const char *old_name, struct err *err)
{
	const char *path = pool_format(m.old->pool, "files/%s", old_name);
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;

	if (open_old(m.old->spool, path, &from, err) == -1 ||
	    spool_files(m.domain, true, &to, err) == -1)
		return -1;
	m.from = from;
	m.to = to;
	m.place = pool_format(m.old->pool, "var/spool/vmail/%s", path);
	return from == -1 ? 0 : take_files(&m, true, err);
}

static int
move_homes(struct moving m, const char *old_name, struct err *err)
{
	const char *path = pool_format(m.old->pool, "%s/home", old_name);
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;

	if (open_old(m.old->homes, path, &from, err) == -1 ||
	    homes_of_domain(m.domain, &to, err) == -1)
		return -1;
	m.from = from;
	m.to = to;
	m.place = pool_format(m.old->pool, "vhome/%s", path);
	return from == -1 ? 0 : take_homes(&m, err);
}

int
linuxconf_mail(const struct old_machine *old, const char *old_name,
    const struct domain *domain, const struct table *accounts,
    struct report *report, struct err *err)
{
	const struct moving m = { old, domain, accounts, report, NULL, -1,
	    -1 };

	if (!old->spool_in_place && (move_inboxes(m, old_name, err) == -1 ||
	    move_files(m, old_name, err) == -1))
		return -1;
	return old->homes_in_place ? 0 : move_homes(m, old_name, err);
}
