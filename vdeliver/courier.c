/* courier.c: one child process that delivers to one target. */
#include "courier.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "fd.h"
#include "mailbox.h"
#include "scope.h"
#include "work.h"

/* a child ends by its own deadline before we kill it */
enum { GRACE_MS = 2000 };

/* --- who --------------------------------------------------------------- */

static int
look_up(const char *setting, const char *user, struct ident *who,
    struct err *err)
{
	if (ident_parse(slice_of(user), who, err) == -1) {
		err->kind = ERR_INVALID;
		return err_within(err, "%s", setting);
	}
	return 0;
}

/* Without root, commands and sendmail run as this process is. */
static int
identity_of(const struct job *job, const struct target *target,
    struct ident *who, struct err *err)
{
	const struct vmail_conf *conf = &job->in->conf;

	if (target->kind == TARGET_ACCOUNT) {
		*who = account_identity(target->account);
		return 0;
	}
	if (!job->in->as_root) {
		*who = (struct ident){ geteuid(), getegid() };
		return 0;
	}
	if (target->kind != TARGET_COMMAND && target->kind != TARGET_FILE) {
		if (conf->sendmail_user[0] != '\0')
			return look_up("sendmail-user", conf->sendmail_user,
			    who, err);
		if (target->domain->one_owner) {
			*who = target->domain->owner;
			return 0;
		}
	}
	return look_up("command-user", conf->command_user, who, err);
}

/* --- the pipe back ----------------------------------------------------- */

static bool
is_plausible(const struct outcome *o)
{
	static const char class[] = {
		[OUTCOME_DONE] = '2', [OUTCOME_TEMPORARY] = '4',
		[OUTCOME_NO_USER] = '5', [OUTCOME_NO_DOMAIN] = '5',
		[OUTCOME_REFUSED] = '5', [OUTCOME_PERMANENT] = '5',
	};

	return (unsigned)o->kind < sizeof class &&
	    memchr(o->text, '\0', sizeof o->text) != NULL &&
	    memchr(o->code, '\0', sizeof o->code) != NULL &&
	    o->code[0] == class[o->kind] &&
	    strspn(o->code, "0123456789.") == strlen(o->code);
}

static struct outcome
died(int status)
{
	if (WIFSIGNALED(status))
		return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "a delivering process died of signal %d", WTERMSIG(status));
	return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
	    "a delivering process gave up (status %d)", WEXITSTATUS(status));
}

static struct outcome
collect(const struct job *job, struct child *child, int from)
{
	struct deadline d = { job->deadline.at_ms + GRACE_MS };
	struct outcome o = { 0 }, made;
	struct err err;
	size_t got = 0;
	ssize_t n = 0;
	int status;

	/* A pipe holds more than the answer: it can wait there for the end. */
	if (child_wait(child, d, &status, &err) == -1)
		return outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "the delivery took too long");
	while (got < sizeof o &&
	    (n = fd_read_by(from, (char *)&o + got, sizeof o - got, d,
	    &err)) > 0)
		got += (size_t)n;
	if (got < sizeof o || status != 0 || !is_plausible(&o))
		return died(status);
	made = outcome_make(o.kind, o.code, "%s", o.text);
	return made;
}

static _Noreturn void
answer(int to, const struct outcome *o)
{
	_exit(fd_write(to, o, sizeof *o) == -1);
}

/* --- the process ------------------------------------------------------- */

struct task {
	struct job		*job;
	const struct recipient	*recipient;
	const struct target	*target;
	const char *const	*addresses;	/* for sendmail */
	size_t			 count;
};

static struct outcome
work_as(struct ident who, const struct task *t)
{
	struct err err;

	if (ident_become(who, &err) == -1 ||
	    message_load(&t->job->message, &err) == -1)
		return outcome_from_err(&err);
	switch (t->addresses ? TARGET_REMOTE : t->target->kind) {
	case TARGET_ACCOUNT:
		return work_account(t->job, t->target);
	case TARGET_COMMAND:
		return work_command(t->job, t->target);
	case TARGET_FILE:
		return work_file(t->job, t->target);
	case TARGET_REMOTE:
		return work_sendmail(t->job, t->recipient, t->target->sender,
		    t->addresses, t->count);
	case TARGET_AUTO:
	case TARGET_FAILURE:
		break;
	}
	return outcome_make(OUTCOME_TEMPORARY, "4.3.5",
	    "nothing to do for this target");
}

/* A server blocks them, to hear of them when it has time; a courier, and the
 * commands that it runs, can be ended by them. */
static void
unblock_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static struct outcome
run(const struct task *t)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int from = -1;
	SCOPED(drop_fd) int to = -1;
	struct ident who;
	struct err err;
	int ends[2];

	if (identity_of(t->job, t->target, &who, &err) == -1)
		return outcome_from_err(&err);
	if (pipe2(ends, O_CLOEXEC) == -1) {
		err_fill_sys(&err, "pipe");
		return outcome_from_err(&err);
	}
	from = ends[0];
	to = ends[1];
	int forked = child_fork(&child, &err);
	if (forked == -1)
		return outcome_from_err(&err);
	if (forked == 0) {
		unblock_signals();
		struct outcome o = work_as(who, t);
		answer(to, &o);
	}
	drop_fd(&to);
	return collect(t->job, &child, from);
}

struct outcome
courier_deliver(struct job *job, const struct recipient *recipient,
    const struct target *target)
{
	struct task t = { .job = job, .recipient = recipient,
	    .target = target };
	struct err err;

	/* Only root (or the one owner) can make the domain's directories. */
	if (target->kind == TARGET_ACCOUNT &&
	    mailbox_prepare(target->account, &err) == -1)
		return outcome_from_err(&err);
	return run(&t);
}

struct outcome
courier_send(struct job *job, const struct recipient *recipient,
    const struct target *first, const char *const *addresses, size_t count)
{
	struct task t = { job, recipient, first, addresses, count };

	return run(&t);
}
