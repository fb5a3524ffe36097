/* away.c: an account's vacation as its account sees it. */
#include "away.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "change.h"
#include "child.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "output.h"
#include "scope.h"
#include "side_file.h"
#include "spool.h"

enum {
	APART_MS = 10000,
	/* what the child's end says */
	DONE = 0, FAILED = 254, NOT_THERE = 255,
	HOME_TEXT = 64,			/* beside the place */
	HOME_TEXT_MAX = 1 << 20,
};

int
away_as(struct ident who, away_step *fn, const void *arg, int *answer,
    struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	int status;

	int forked = child_fork(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		_exit(ident_become(who, err) == -1 ? NOT_THERE : fn(arg));
	if (child_wait(&child, deadline_in(APART_MS), &status, err) == -1)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == NOT_THERE)
		return err_set(err, ERR_TEMPORARY,
		    "nothing can be done as uid %u", (unsigned)who.uid);
	*answer = WEXITSTATUS(status);
	return 0;
}

static int
as_account(const struct account *account, away_step *fn, int *answer,
    struct err *err)
{
	return away_as(account_identity(account), fn, account, answer, err);
}

static const char *
home_path(const struct account *account, struct pool *pool, bool index)
{
	struct vacation_files files = vacation_files(account, VACATION_HOME,
	    pool);

	return pool_format(pool, "%s/%s", files.directory,
	    index ? files.index : files.text);
}

/* As a delivery asks it: root's, the owner's or the account's, one name. */
static bool
has_text(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct stat st;

	return account->home[0] == '/' &&
	    lstat(home_path(account, &pool, false), &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_nlink == 1 && (st.st_uid == 0 ||
	    st.st_uid == account->domain->in->owner ||
	    st.st_uid == geteuid());
}

static int
look(const void *arg)
{
	const struct account *account = arg;

	return (int)vacation_place(account) |
	    (has_text(account) ? HOME_TEXT : 0);
}

int
away_look(const struct account *account, struct away_state *state,
    struct err *err)
{
	int answer;

	if (as_account(account, look, &answer, err) == -1)
		return -1;
	int place = answer & ~HOME_TEXT;
	*state = (struct away_state){
		.place = place < VACATION_PLACES ?
		    (enum vacation_place)place : VACATION_NONE,
		.has_home_text = (answer & HOME_TEXT) != 0,
	};
	return 0;
}

/* --- the index in a home --------------------------------------------------- */

static int
sync_home_of(const char *path)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int home = -1;
	struct slice directory = slice_of(path);
	struct err err;

	directory.len = (size_t)slice_find_last(directory, '/');
	return dir_open(AT_FDCWD, pool_dup(&pool, directory), &home,
	    &err) == -1 || fsync(home) == -1 ? FAILED : DONE;
}

/* Whatever is there switches it on. */
static int
has_index(const void *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : FAILED;
}

static int
make_index(const void *path)
{
	SCOPED(drop_fd) int fd = open(path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return errno == EEXIST ? DONE : FAILED;
	return sync_home_of(path);
}

static int
remove_index(const void *path)
{
	if (unlink(path) == -1)
		return errno == ENOENT || errno == ENOTDIR ? DONE : FAILED;
	return sync_home_of(path);
}

/* Where something has to be done, it is told first. */
static int
change_index(const char *path, struct ident who, bool make, struct err *err)
{
	const struct change change = {
		.kind = make ? CHANGE_MAKE_AS : CHANGE_REMOVE_AS,
		.dir = AT_FDCWD, .name = path, .fd = -1, .who = who,
	};
	int answer;

	if (away_as(who, has_index, path, &answer, err) == -1)
		return -1;
	if (answer != FAILED) {
		if ((answer == 1) == make)
			return 0;
		int go = change_tell(&change, err);
		if (go != 1)
			return go;
		if (away_as(who, make ? make_index : remove_index, path,
		    &answer, err) == -1)
			return -1;
	}
	return answer == DONE ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s cannot be %s by uid %u", path, make ? "made" : "removed",
	    (unsigned)who.uid);
}

int
away_make_index(const char *path, struct ident who, struct err *err)
{
	return change_index(path, who, true, err);
}

int
away_remove_index(const char *path, struct ident who, struct err *err)
{
	return change_index(path, who, false, err);
}

int
away_make_home_index(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	return change_index(home_path(account, &pool, true),
	    account_identity(account), true, err);
}

int
away_remove_home_index(const struct account *account, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (account->home[0] != '/')
		return 0;
	return change_index(home_path(account, &pool, true),
	    account_identity(account), false, err);
}

/* --- the text in a home ---------------------------------------------------- */

/* Who reads it is another process: it comes through a file without a name. */
struct passed {
	const struct account	*account;
	int			 fd;
};

static int
pass_text(const void *arg)
{
	const struct passed *passed = arg;
	SCOPED(drop_fd) int home = -1;
	SCOPED(drop_str) struct str text = { 0 };
	struct err err;

	return dir_open(AT_FDCWD, passed->account->home, &home, &err) == -1 ||
	    side_file_read(home, ".vacation", &text, &err) == -1 ||
	    fd_pwrite(passed->fd, text.s, text.len, 0) == -1 ? FAILED : DONE;
}

int
away_print_home_text(const struct account *account, struct err *err)
{
	SCOPED(drop_fd) int fd = memfd_create("text", MFD_CLOEXEC);
	SCOPED(drop_str) struct str text = { 0 };
	const struct passed passed = { account, fd };
	struct ident who = account_identity(account);
	int answer;

	if (fd == -1)
		return err_sys(err, ".vacation");
	if (away_as(who, pass_text, &passed, &answer, err) == -1)
		return -1;
	if (answer != DONE)
		return err_set(err, ERR_TEMPORARY,
		    "%s/.vacation cannot be shown by uid %u", account->home,
		    (unsigned)who.uid);
	if (file_read(fd, HOME_TEXT_MAX, &text, err) == -1)
		return err_within(err, "%s/.vacation", account->home);
	output_lines(str_slice(&text));
	return 0;
}
