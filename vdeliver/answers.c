/* answers.c: automatic answers, as the process that may be root sees them. */
#include "answers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin_file.h"
#include "answer_text.h"
#include "compat.h"
#include "courier.h"
#include "events.h"
#include "fd.h"
#include "file.h"
#include "helper.h"
#include "intake.h"
#include "log.h"
#include "profile.h"
#include "scope.h"
#include "spool.h"
#include "who.h"

enum {
	/* opening what may be anything */
	CAREFUL = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
};

/* --- the log ------------------------------------------------------------- */

static int
priority_of(enum answer_verdict verdict)
{
	switch (verdict) {
	case ANSWER_NO_TEXT:
	case ANSWER_BAD_TEXT:
	case ANSWER_BROKEN_INDEX:
	case ANSWER_BUSY_INDEX:
	case ANSWER_FAILED:
		return LOG_WARNING;
	default:
		return LOG_INFO;
	}
}

static void
log_answer(const struct job *job, const struct recipient *r,
    const struct target *t, enum answer_verdict verdict,
    const struct err *detail)
{
	SCOPED(drop_log_line) struct log_line line = log_event("answer");

	events_target(&line, job, r, t);
	log_text(&line, "reason", slice_of(answer_name(verdict)));
	if (detail->text[0] != '\0')
		log_text(&line, "text", slice_of(detail->text));
	log_send(&line, priority_of(verdict));
}

/* --- who answers ---------------------------------------------------------- */

/* Opened here, because who reads it may not find its way there; nobody looks
 * into it here. */
static void
open_profile(const struct domain *domain, const char *account, int *fd)
{
	SCOPED(drop_fd) int dir = -1;
	struct err err;

	if (spool_files(domain, false, &dir, &err) == -1)
		return;
	if (profile_open(domain, dir, account, fd, &err) == -1)
		log_warning("%s: does not count", err.text);
}

/* --- making and sending -------------------------------------------------- */

/* Has a courier make the answer and another one send it. */
static enum answer_verdict
answer(struct job *job, const struct recipient *r, const struct target *t,
    struct answering *how, struct err *detail)
{
	SCOPED(drop_fd) int out = -1, program = -1;
	SCOPED(drop_str) struct str path = { 0 };
	SCOPED(drop_message) struct message message = MESSAGE_NONE;

	if (helper_open("vremember", &path, &program, detail) == -1)
		return ANSWER_BROKEN_INDEX;
	if (intake_open_file(job->in, &out, detail) == -1)
		return ANSWER_FAILED;
	how->out = out;
	how->program = program;
	how->program_path = str_text(&path);
	enum answer_verdict verdict = courier_answer(job, r, t, how, detail);
	if (verdict != ANSWER_SENT)
		return verdict;
	if (message_adopt(out, &message, detail) == -1)
		return ANSWER_FAILED;
	out = -1;
	if (message.size == 0 || message.size > ANSWER_MAX) {
		err_fill(detail, ERR_TEMPORARY, "no answer was made");
		return ANSWER_FAILED;
	}
	struct outcome o = courier_send_answer(job, r, t, &message);
	if (o.kind == OUTCOME_DONE)
		return ANSWER_SENT;
	err_fill(detail, ERR_TEMPORARY, "%s", o.text);
	return ANSWER_FAILED;
}

/* --- a vacation ---------------------------------------------------------- */

static bool
is_roots(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == 0 && st->st_nlink == 1;
}

/* Gives a plain file of root's to the account.  One that has another name, too,
 * may be anybody's way to it: names are counted once more when it is open, and
 * the name here is known to be one of them. */
static void
give(int dir, const char *name, uid_t to)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st, named;

	if (fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !is_roots(&named))
		return;
	fd = compat_open_beneath(dir, name, CAREFUL, 0);
	if (fd == -1 || fstat(fd, &st) == -1 ||
	    fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !is_roots(&named) || named.st_dev != st.st_dev ||
	    named.st_ino != st.st_ino)
		return;
	if (fchown(fd, to, (gid_t)-1) == -1)
		log_warning("%s: cannot be given to uid %u", name,
		    (unsigned)to);
}

/* files/D is where accounts can put things; what an administrator left there
 * becomes the account's. */
static void
prepare_files(const struct job *job, const struct account *account)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int dir = -1;
	struct vacation_files files = vacation_files(account, VACATION_FILES,
	    &pool);
	struct err err;

	if (spool_files(account->domain, true, &dir, &err) == -1) {
		log_warning("%s", err.text);
		return;
	}
	if (!job->in->as_root)
		return;
	give(dir, files.text, account_identity(account).uid);
	give(dir, files.index, account_identity(account).uid);
}

void
answers_vacation(struct job *job, const struct recipient *r,
    const struct target *t, enum vacation_place place)
{
	SCOPED(drop_fd) int profile = -1;
	struct answering how = { .place = place, .text = -1 };
	struct err detail = { .text = "" };

	if (place == VACATION_FILES)
		prepare_files(job, t->account);
	open_profile(t->account->domain, t->account->name, &profile);
	how.profile = profile;
	enum answer_verdict verdict = answer(job, r, t, &how, &detail);
	log_answer(job, r, t, verdict, &detail);
}

/* --- an autoresponder ---------------------------------------------------- */

/* Nothing is opened that an account put there. */
static int
open_text(const struct target *t, const char *name, int *fd, struct err *err)
{
	SCOPED(drop_fd) int dir = -1, got = -1;
	struct stat st;

	if (spool_files(t->domain, false, &dir, err) == -1)
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(err, "%s", t->text);
	if (admin_file_counts(t->domain, &st)) {
		got = compat_open_beneath(dir, name, CAREFUL, 0);
		if (got == -1 || fstat(got, &st) == -1)
			return err_sys(err, "%s", t->text);
	}
	if (!admin_file_counts(t->domain, &st))
		return err_set(err, ERR_REFUSED, "%s: must be a plain file "
		    "with one name, and root's or the owner's", t->text);
	*fd = got;
	got = -1;
	return 0;
}

/* A directory of parent's that only we can put things into, made when
 * missing. */
static int
step_into(int parent, const char *name, mode_t mode, int *fd, struct err *err)
{
	enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
	bool made = mkdirat(parent, name, mode) == 0;

	if (!made && errno != EEXIST)
		return err_sys(err, "make %s", name);
	*fd = openat(parent, name, FLAGS);
	/* The umask of the program does not hold here. */
	return *fd == -1 || (made && fchmod(*fd, mode) == -1) ?
	    err_sys(err, "%s", name) : 0;
}

static int
check_owner(int fd, uid_t uid, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	if (st.st_uid != uid || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_REFUSED, "%s: must be uid %u's, and "
		    "closed to others", path, (unsigned)uid);
	return 0;
}

/* STATE/auto is ours; STATE/auto/D belongs to who remembers there. */
static int
open_in_state(const struct job *job, const struct target *t,
    struct answering *how, struct err *err)
{
	SCOPED(drop_fd) int around = -1, all = -1, own = -1;
	struct pool *pool = &job->plan->pool;
	const char *state = installation_path(job->in, pool,
	    job->in->conf.state);
	struct ident who;

	if (who_writes(job->in, &who, err) == -1 ||
	    step_into(AT_FDCWD, state, 0755, &around, err) == -1 ||
	    step_into(around, "auto", 0755, &all, err) == -1 ||
	    check_owner(all, geteuid(), pool_format(pool, "%s/auto", state),
	    err) == -1 ||
	    step_into(all, t->domain->name, 0700, &own, err) == -1)
		return -1;
	how->memory = pool_format(pool, "%s/auto/%s", state, t->domain->name);
	how->index = pool_format(pool, "%s.db", how->name);
	if (job->in->as_root && (fchown(own, who.uid, who.gid) == -1 ||
	    fchmod(own, 0700) == -1))
		return err_sys(err, "%s", how->memory);
	return check_owner(own, who.uid, how->memory, err);
}

/* The state of a machine is root's: who is not remembers beside the text. */
static int
open_memory(const struct job *job, const struct target *t,
    struct answering *how, struct err *err)
{
	struct pool *pool = &job->plan->pool;

	if (open_in_state(job, t, how, err) == 0)
		return 0;
	if (job->in->as_root)
		return -1;
	how->memory = pool_format(pool, "%s/files/%s", installation_path(
	    job->in, pool, job->in->conf.spool), t->domain->name);
	how->index = pool_format(pool, ".%s.auto.db", how->name);
	return 0;
}

static enum answer_verdict
answer_automatically(struct job *job, const struct recipient *r,
    const struct target *t, struct err *detail)
{
	SCOPED(drop_fd) int text = -1;
	SCOPED(drop_fd) int profile = -1;
	const char *name = strrchr(t->text, '/') + 1;
	size_t len = strlen(name) - strlen(".auto");
	struct answering how = {
		.name = pool_dup(&job->plan->pool,
		(struct slice){ name, len }),
	};

	if (open_text(t, name, &text, detail) == -1)
		return ANSWER_NO_TEXT;
	if (open_memory(job, t, &how, detail) == -1)
		return ANSWER_BROKEN_INDEX;
	open_profile(t->domain, how.name, &profile);
	how.text = text;
	how.profile = profile;
	return answer(job, r, t, &how, detail);
}

void
answers_auto(struct job *job, const struct recipient *r,
    const struct target *t)
{
	struct err detail = { .text = "" };

	enum answer_verdict verdict = answer_automatically(job, r, t, &detail);

	log_answer(job, r, t, verdict, &detail);
}

/* --- none ---------------------------------------------------------------- */

void
answers_put_off(const struct job *job, const struct recipient *r,
    const struct target *t)
{
	struct err detail = { .text = "" };

	log_answer(job, r, t, ANSWER_MAIL_WAITS, &detail);
}

void
answers_given_up(const struct job *job, const struct recipient *r,
    const struct target *t)
{
	struct err detail;

	err_fill(&detail, ERR_TEMPORARY,
	    "too many answers to this message, or too slow ones");
	log_answer(job, r, t, ANSWER_FAILED, &detail);
}
