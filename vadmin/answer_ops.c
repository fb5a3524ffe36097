/* answer_ops.c: vacations and autoresponders, switched on and off and looked
 * at. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"
#include "admin_file.h"
#include "answer_file.h"
#include "child.h"
#include "fd.h"
#include "file.h"
#include "files.h"
#include "name.h"
#include "ops.h"
#include "output.h"
#include "scope.h"
#include "spool.h"
#include "subject.h"
#include "vacation.h"

enum { APART_MS = 10000 };

/* --- vacations ----------------------------------------------------------- */

struct away {
	struct account		*account;
	uid_t			 uid;		/* whose the files are */
	int			 dir;		/* files/D */
	struct vacation_files	 files;
};

static void
drop_away(struct away *away)
{
	drop_fd(&away->dir);
}

static int
open_away(struct call *call, struct away *away, struct err *err)
{
	if (subject_account(call, "U@D", &away->account, err) == -1 ||
	    spool_files(away->account->domain, true, &away->dir, err) == -1)
		return -1;
	away->uid = account_identity(away->account).uid;
	if (!call->in.as_root && away->uid != geteuid())
		return err_set(err, ERR_REFUSED,
		    "the files of a vacation are uid %u's: only root can make "
		    "them", (unsigned)away->uid);
	away->files = vacation_files(away->account, VACATION_FILES,
	    &call->pool);
	return 0;
}

/* What lies in a home is looked at, and touched, by who may: its account. */
static int
as_account(const struct away *away, int (*fn)(const struct account *),
    int *answer, struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	int status;

	int forked = child_fork(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		_exit(ident_become(account_identity(away->account), err) == -1 ?
		    255 : fn(away->account));
	if (child_wait(&child, deadline_in(APART_MS), &status, err) == -1)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return err_set(err, ERR_TEMPORARY,
		    "nothing can be done as uid %u", (unsigned)away->uid);
	*answer = WEXITSTATUS(status);
	return 0;
}

static int
place_of(const struct account *account)
{
	return (int)vacation_place(account);
}

static int
remove_from_home(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct vacation_files files = vacation_files(account, VACATION_HOME,
	    &pool);
	const char *path = pool_format(&pool, "%s/%s", files.directory,
	    files.index);

	return unlink(path) == -1 && errno != ENOENT ? 254 : 0;
}

/* A new text is for everybody, whoever was told the old one. */
static int
switch_on(struct call *call, const struct away *away, struct err *err)
{
	const char *file = call_text(call, "--text");
	const struct vacation_files *f = &away->files;
	struct slice text;

	if (file != NULL) {
		if (answer_file_take(file, &call->pool, &text, err) == -1 ||
		    answer_file_write(away->dir, f->text, text, away->uid,
		    MODE_SECRET, err) == -1)
			return -1;
	} else if (!files_exists(away->dir, f->text)) {
		return err_set(err, ERR_INVALID,
		    "there is no text yet: give one with --text FILE");
	}
	if (file == NULL && files_exists(away->dir, f->index))
		return 0;
	return answer_file_write(away->dir, f->index, SLICE(""), away->uid,
	    MODE_SECRET, err);
}

static int
switch_off(const struct away *away, struct err *err)
{
	int answer;

	if (answer_file_remove(away->dir, away->files.index, NULL, err) == -1 ||
	    as_account(away, remove_from_home, &answer, err) == -1)
		return -1;
	return answer != 0 ? err_set(err, ERR_TEMPORARY,
	    "%s/.vacation.db cannot be removed", away->account->home) : 0;
}

static int
show(struct call *call, const struct away *away, struct err *err)
{
	static const char *const states[VACATION_PLACES] = { "off", "on",
	    "on" };
	struct sheet sheet = { .heads = name_and_value };
	int place;

	if (as_account(away, place_of, &place, err) == -1)
		return -1;
	if (place < 0 || place >= VACATION_PLACES)
		place = VACATION_NONE;
	struct vacation_files f = vacation_files(away->account,
	    place == VACATION_HOME ? VACATION_HOME : VACATION_FILES,
	    &call->pool);
	sheet_adds(&sheet, "vacation");
	sheet_adds(&sheet, states[place]);
	sheet_adds(&sheet, "text");
	sheet_addf(&sheet, "%s/%s", f.directory, f.text);
	sheet_print(&sheet);
	drop_sheet(&sheet);
	if (place == VACATION_HOME)
		return 0;
	if (answer_file_print(away->dir, f.text, err) == -1 &&
	    err->kind != ERR_ABSENT)
		return -1;
	return 0;
}

int
user_vacation(struct call *call, struct err *err)
{
	SCOPED(drop_away) struct away away = { .dir = -1 };
	const char *what = call_text(call, "on|off|show");
	bool on = strcmp(what, "on") == 0;

	if (call_has(call, "--text") && !on)
		return err_set(err, ERR_INVALID,
		    "--text goes with 'on': it is what is sent");
	if (open_away(call, &away, err) == -1)
		return -1;
	if (on)
		return switch_on(call, &away, err);
	return strcmp(what, "off") == 0 ? switch_off(&away, err) :
	    show(call, &away, err);
}

/* --- autoresponders ------------------------------------------------------- */

/* files/D and the file's name in it. */
static int
open_auto(struct call *call, int *dir, const char **name, struct err *err)
{
	struct subject subject;

	if (subject_of(call, "NAME@D", &subject, err) == -1)
		return -1;
	if (!name_is_account(slice_of(subject.name)))
		return err_set(err, ERR_INVALID,
		    "'%.100s' can be no autoresponder", subject.name);
	*name = pool_format(&call->pool, "%s.auto", pool_lower(&call->pool,
	    slice_of(subject.name)));
	return spool_files(subject.domain, true, dir, err);
}

int
auto_set(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *name;
	struct slice text;

	if (open_auto(call, &dir, &name, err) == -1 ||
	    answer_file_take(call_text(call, "FILE"), &call->pool, &text,
	    err) == -1)
		return -1;
	return answer_file_write(dir, name, text, geteuid(), MODE_PUBLIC, err);
}

static int
no_such(const char *name, struct err *err)
{
	return err_set(err, ERR_ABSENT, "there is no %s", name);
}

int
auto_show(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *name;

	if (open_auto(call, &dir, &name, err) == -1)
		return -1;
	if (answer_file_print(dir, name, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? no_such(name, err) : -1;
}

int
auto_delete(struct call *call, struct err *err)
{
	SCOPED(drop_fd) int dir = -1;
	const char *name;
	bool was;

	if (open_auto(call, &dir, &name, err) == -1 ||
	    answer_file_remove(dir, name, &was, err) == -1)
		return -1;
	return was ? 0 : no_such(name, err);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
collect(int dir, struct call *call, const char ***names, size_t *count,
    struct err *err)
{
	int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SCOPED(drop_dir) DIR *listing = again != -1 ? fdopendir(again) : NULL;
	struct dirent *entry;
	size_t room = 0;

	if (listing == NULL)
		return err_sys(err, "list files/D");
	while (errno = 0, (entry = readdir(listing)) != NULL) {
		struct slice file = slice_of(entry->d_name);
		if (!slice_ends(file, ".auto") || file.p[0] == '.')
			continue;
		if (*count == room) {
			const char **more = pool_alloc(&call->pool,
			    (room * 2 + 16) * sizeof *more);
			if (room > 0)
				memcpy(more, *names, room * sizeof *more);
			room = room * 2 + 16;
			*names = more;
		}
		(*names)[(*count)++] = pool_dup(&call->pool, file);
	}
	return errno != 0 ? err_sys(err, "list files/D") : 0;
}

int
auto_list(struct call *call, struct err *err)
{
	static const char *const heads[] = { "AUTORESPONDER", "BYTES",
	    "COUNTS", NULL };
	SCOPED(drop_fd) int dir = -1;
	struct sheet sheet = { .heads = heads };
	struct domain *domain;
	const char **names = NULL;
	size_t count = 0;
	struct stat st;

	if (subject_domain(call, "D", &domain, err) == -1 ||
	    spool_files(domain, true, &dir, err) == -1 ||
	    collect(dir, call, &names, &count, err) == -1)
		return -1;
	if (count > 0)
		qsort(names, count, sizeof *names, compare);
	for (size_t i = 0; i < count; i++) {
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		sheet_addf(&sheet, "%.*s@%s", (int)(strlen(names[i]) - 5),
		    names[i], domain->name);
		sheet_addf(&sheet, "%llu", (unsigned long long)st.st_size);
		sheet_adds(&sheet, admin_file_counts(domain, &st) ? "yes" :
		    "no: not root's or the owner's, or no plain file");
	}
	sheet_print(&sheet);
	drop_sheet(&sheet);
	return 0;
}
