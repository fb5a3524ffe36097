/* away.c: an account's vacation as its account sees it. */
#include "away.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answer_text.h"
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
};

typedef int apart(const struct account *account);

static int
as_account(const struct account *account, apart *fn, int *answer,
    struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct ident who = account_identity(account);
	int status;

	/* Else the child would print what waits in our buffer once more. */
	if (output_end(err) == -1)
		return -1;
	int forked = child_fork(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		_exit(ident_become(who, err) == -1 ? NOT_THERE : fn(account));
	if (child_wait(&child, deadline_in(APART_MS), &status, err) == -1)
		return -1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == NOT_THERE)
		return err_set(err, ERR_TEMPORARY,
		    "nothing can be done as uid %u", (unsigned)who.uid);
	*answer = WEXITSTATUS(status);
	return 0;
}

/* For what is done or not. */
static int
as_account_done(const struct account *account, apart *fn, const char *what,
    struct err *err)
{
	int answer;

	if (as_account(account, fn, &answer, err) == -1)
		return -1;
	return answer == DONE ? 0 : err_set(err, ERR_TEMPORARY,
	    "%s/%s by uid %u", account->home, what,
	    (unsigned)account_identity(account).uid);
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
look(const struct account *account)
{
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

static int
sync_home(const struct account *account)
{
	SCOPED(drop_fd) int home = -1;
	struct err err;

	return dir_open(AT_FDCWD, account->home, &home, &err) == -1 ||
	    fsync(home) == -1 ? FAILED : DONE;
}

/* Whatever is there switches it on. */
static int
make_index(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int fd = open(home_path(account, &pool, true),
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd == -1)
		return errno == EEXIST ? DONE : FAILED;
	return sync_home(account);
}

int
away_make_home_index(const struct account *account, struct err *err)
{
	return as_account_done(account, make_index,
	    ".vacation.db cannot be made", err);
}

static int
remove_index(const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };

	if (account->home[0] != '/')
		return DONE;
	if (unlink(home_path(account, &pool, true)) == -1)
		return errno == ENOENT || errno == ENOTDIR ? DONE : FAILED;
	return sync_home(account);
}

int
away_remove_home_index(const struct account *account, struct err *err)
{
	return as_account_done(account, remove_index,
	    ".vacation.db cannot be removed", err);
}

/* --- what the text says --------------------------------------------------- */

/* What root left in files/D is given to the account by the next delivery; it
 * may not be able to read it yet. */
static int
open_roots(const struct account *account, int *fd, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	const char *name = vacation_files(account, VACATION_FILES, &pool).text;
	struct stat st;

	if (spool_files(account->domain, false, &dir, err) == -1)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_nlink != 1)
		return 0;
	*fd = compat_open_beneath(dir, name, O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0);
	return 0;
}

static bool
is_today(const struct answer_text *text)
{
	time_t now = time(NULL);
	struct tm local;
	char day[32];

	unsetenv("TZ");
	tzset();
	localtime_r(&now, &local);
	strftime(day, sizeof day, "%Y-%m-%d", &local);
	return answer_text_is_due(text, day);
}

/* As the account, what a child shares with its parent. */
struct reading {
	enum vacation_place	 place;
	int			 fd;
	struct away_text	*out;
};
static struct reading reading;

static int
open_own_text(const struct account *account, int *fd)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct vacation_files files = vacation_files(account, reading.place,
	    &pool);
	struct stat st;

	*fd = open(pool_format(&pool, "%s/%s", files.directory, files.text),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *fd != -1 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink == 1 && (st.st_uid == 0 || st.st_uid == geteuid() ||
	    st.st_uid == account->domain->in->owner) ? 0 : -1;
}

static int
read_text(const struct account *account)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str bytes = { 0 };
	struct away_text *out = reading.out;
	struct err err;

	out->verdict = ANSWER_NO_TEXT;
	if (reading.fd == -1 && open_own_text(account, &reading.fd) == -1)
		return DONE;
	out->verdict = ANSWER_BAD_TEXT;
	if (file_read(reading.fd, ANSWER_TEXT_MAX, &bytes, &err) == -1 ||
	    answer_text_parse(str_slice(&bytes), &text, &err) == -1)
		return DONE;
	*out = (struct away_text){ is_today(&text) ? ANSWER_SENT :
	    ANSWER_WINDOW, text.has_days, text.days };
	return DONE;
}

int
away_read_text(const struct account *account, enum vacation_place place,
    struct away_text *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct away_text *shared = mmap(NULL, sizeof *shared,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return err_sys(err, "memory");
	int done = place == VACATION_FILES ? open_roots(account, &fd, err) : 0;
	reading = (struct reading){ place, fd, shared };
	if (done == 0)
		done = as_account_done(account, read_text,
		    "the vacation's text cannot be read", err);
	*out = *shared;
	munmap(shared, sizeof *shared);
	if (out->verdict >= (enum answer_verdict)ANSWER_VERDICTS)
		out->verdict = ANSWER_BAD_TEXT;
	return done;
}

static int
print_text(const struct account *account)
{
	SCOPED(drop_fd) int home = -1;
	struct err err;

	return dir_open(AT_FDCWD, account->home, &home, &err) == -1 ||
	    side_file_print(home, ".vacation", &err) == -1 ||
	    output_end(&err) == -1 ? FAILED : DONE;
}

int
away_print_home_text(const struct account *account, struct err *err)
{
	return as_account_done(account, print_text,
	    ".vacation cannot be shown", err);
}
