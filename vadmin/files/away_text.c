/* away_text.c: when the text of a vacation is sent, as its account reads it. */
#include "away_text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "answer_parse.h"
#include "away.h"
#include "compat.h"
#include "fd.h"
#include "file.h"
#include "scope.h"
#include "spool.h"

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

/* What a child shares with its parent. */
struct reading {
	const struct account	*account;
	enum vacation_place	 place;
	int			 fd;
	struct away_text	*out;
};

static int
open_text(const struct reading *reading)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct vacation_files files = vacation_files(reading->account,
	    reading->place, &pool);

	if (reading->fd != -1)
		return dup(reading->fd);
	return open(pool_format(&pool, "%s/%s", files.directory, files.text),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool
is_trusted(const struct account *account, int fd)
{
	struct stat st;

	return fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_nlink <= 1 && (st.st_uid == 0 || st.st_uid == geteuid() ||
	    st.st_uid == account->domain->in->owner);
}

static int
read_text(const void *arg)
{
	SCOPED(drop_answer_text) struct answer_text text = { 0 };
	SCOPED(drop_str) struct str bytes = { 0 };
	const struct reading *reading = arg;
	SCOPED(drop_fd) int fd = open_text(reading);
	struct away_text *out = reading->out;
	struct err err;

	out->verdict = ANSWER_NO_TEXT;
	if (!is_trusted(reading->account, fd))
		return 0;
	out->verdict = ANSWER_BAD_TEXT;
	if (file_read(fd, ANSWER_TEXT_MAX, &bytes, &err) == -1 ||
	    answer_parse(str_slice(&bytes), &text, &err) == -1)
		return 0;
	*out = (struct away_text){ is_today(&text) ? ANSWER_SENT :
	    ANSWER_WINDOW, text.has_days, text.days };
	return 0;
}

/* It is the account that writes into what is shared: nothing in it is taken
 * for more than it can be. */
int
away_read_text(const struct account *account, enum vacation_place place,
    struct away_text *out, struct err *err)
{
	SCOPED(drop_fd) int fd = -1;
	struct away_text *shared = mmap(NULL, sizeof *shared,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int answer = 0;

	if (shared == MAP_FAILED)
		return err_sys(err, "memory");
	int done = place == VACATION_FILES ? open_roots(account, &fd, err) : 0;
	const struct reading reading = { account, place, fd, shared };
	if (done == 0)
		done = away_as(account_identity(account), read_text,
		    &reading, &answer, err);
	*out = *shared;
	munmap(shared, sizeof *shared);
	if (out->verdict >= (enum answer_verdict)ANSWER_VERDICTS)
		out->verdict = ANSWER_BAD_TEXT;
	if (done == 0 && answer != 0)
		return err_set(err, ERR_TEMPORARY, "the vacation's text cannot "
		    "be read by uid %u",
		    (unsigned)account_identity(account).uid);
	return done;
}
