/* courier.c: one child process that delivers to one target. */
#include "courier.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "child.h"
#include "crew.h"
#include "fd.h"
#include "forward.h"
#include "intake.h"
#include "mailbox.h"
#include "mem.h"
#include "receipt.h"
#include "scope.h"
#include "who.h"
#include "work.h"

/* a child ends by its own deadline before we kill it */
enum { GRACE_MS = 2000 };

/* What a courier is sent for. */
enum errand {
	ERRAND_ACCOUNT,		/* into the inbox */
	ERRAND_LOOK,		/* whether through the filter before */
	ERRAND_FILTER,		/* through it */
	ERRAND_COMMAND,
	ERRAND_FILE,
	ERRAND_SENDMAIL,
	ERRAND_VACATION,	/* makes an answer */
	ERRAND_AUTO,
	ERRAND_ANSWER,		/* sends it */
	ERRAND_NONE,		/* there is nothing to do for it */
};

struct task {
	enum errand		 errand;
	struct job		*job;
	const struct recipient	*recipient;
	const struct target	*target;
	const char *const	*addresses;	/* for sendmail */
	size_t			 count;
	int			 out;		/* for the filter's output */
	bool			 looks;		/* for a .forward first */
	const struct answering	*answering;
};

/* --- who --------------------------------------------------------------- */

static int
identity_of(const struct task *t, struct ident *who, struct err *err)
{
	const struct account *account = t->target->account;
	const struct domain *domain = t->target->domain;

	switch (t->errand) {
	case ERRAND_ACCOUNT:
	case ERRAND_LOOK:
		*who = account_identity(account);
		return 0;
	case ERRAND_VACATION:
		/* What lies in a home may be anything. */
		*who = t->answering->place == VACATION_FILES ?
		    account_identity(account) : who_apart(account);
		return 0;
	case ERRAND_FILTER:
		*who = who_apart(account);
		return 0;
	case ERRAND_COMMAND:
		/* An account's own are those of its .forward. */
		if (account == NULL)
			return who_commands(domain, who, err);
		*who = who_apart(account);
		return 0;
	case ERRAND_SENDMAIL:
	case ERRAND_ANSWER:
		return who_sends(domain, who, err);
	case ERRAND_FILE:
	case ERRAND_AUTO:
	case ERRAND_NONE:
		break;
	}
	return who_writes(t->job->in, who, err);
}

/* --- the pipe back ----------------------------------------------------- */

/* All couriers of a job see the same message. */
static void
note_message(struct job *job, const struct receipt *r)
{
	if (job->message_id != NULL)
		return;
	job->message_id = pool_dup(&job->plan->pool, slice_of(r->message_id));
	job->size = r->size;
}

static struct receipt
collect(struct job *job, struct child *child, int from)
{
	struct deadline d = { job->deadline.at_ms + GRACE_MS };
	struct receipt r;
	struct err err;
	int status;

	/* A pipe holds more than the answer: it can wait there for the end. */
	if (child_wait(child, d, &status, &err) == -1)
		return receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.0",
		    "the delivery took too long"));
	if (receipt_take(&r, from, status, d) && !r.postponed)
		note_message(job, &r);
	return r;
}

static _Noreturn void
answer(int to, const struct task *t, struct receipt r)
{
	struct slice id = message_id(&t->job->message);

	r.size = t->job->message.size;
	r.end_ms = deadline_in(0).at_ms;
	for (size_t i = 0; i < id.len && i + 1 < sizeof r.message_id; i++)
		r.message_id[i] = id.p[i] != '\0' ? id.p[i] : ' ';
	_exit(fd_write(to, &r, sizeof r) == -1);
}

/* --- the process ------------------------------------------------------- */

static struct receipt
run_filter(const struct task *t)
{
	enum filtered filtered;
	struct outcome o = filter_run(t->job, t->target, t->out, &filtered);

	return (struct receipt){ .outcome = o, .filtered = filtered };
}

static struct receipt
look_at_filter(const struct task *t)
{
	enum filtered filtered;
	struct outcome o = filter_look(t->job, t->target, &filtered);

	return (struct receipt){ .outcome = o, .filtered = filtered };
}

/* The courier that is to read standard input does not begin where it would not
 * be the last one who needs the message. */
static struct receipt
run_account(const struct task *t)
{
	enum vacation_place place = vacation_place(t->target->account);
	bool exists = false;
	struct receipt r = { .vacation = place,
	    .outcome = { .kind = OUTCOME_DONE, .code = "2.0.0" } };
	struct err err;

	if (t->looks &&
	    forward_exists(t->target->account, &exists, &err) == -1)
		return receipt_of_err(&err);
	r.forwards = exists;
	r.postponed = exists || (t->job->unread && place != VACATION_NONE);
	if (!r.postponed)
		r.outcome = work_account(t->job, t->target);
	return r;
}

static struct receipt
make_answer(const struct task *t)
{
	struct err detail = { .text = "" };
	enum answer_verdict verdict = t->errand == ERRAND_VACATION ?
	    answering_vacation(t->job, t->target, t->answering, &detail) :
	    answering_auto(t->job, t->target, t->answering, &detail);

	return (struct receipt){ .verdict = verdict,
	    .outcome = outcome_make(OUTCOME_DONE, "2.0.0", "%s",
	    detail.text) };
}

static struct receipt
work_as(struct ident who, const struct task *t)
{
	struct err err;

	if (ident_become(who, &err) == -1 ||
	    message_load(&t->job->message, &err) == -1)
		return receipt_of_err(&err);
	if (work_came_back(t->job, t->recipient, &err))
		return receipt_of(outcome_make(OUTCOME_PERMANENT, "5.4.6", "%s",
		    err.text));
	switch (t->errand) {
	case ERRAND_ACCOUNT:
		return run_account(t);
	case ERRAND_LOOK:
		return look_at_filter(t);
	case ERRAND_FILTER:
		return run_filter(t);
	case ERRAND_COMMAND:
		return receipt_of(work_command(t->job, t->target));
	case ERRAND_FILE:
		return receipt_of(work_file(t->job, t->target));
	case ERRAND_SENDMAIL:
		return receipt_of(work_sendmail(t->job, t->recipient,
		    t->target->kind == TARGET_REMOTE ? t->target->sender :
		    t->target->list_sender, t->addresses, t->count));
	case ERRAND_VACATION:
	case ERRAND_AUTO:
		return make_answer(t);
	case ERRAND_ANSWER:
		return receipt_of(work_answer(t->job, t->target));
	case ERRAND_NONE:
		break;
	}
	return receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.5",
	    "nothing can be done for this target"));
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

/* What it needs of the stack its parent must not have: a page that is touched
 * before a fork is copied after it. */
static _Noreturn __attribute__((noinline)) void
be_courier(struct ident who, const struct task *t, int to)
{
	unblock_signals();
	crew_leave(t->job->crew);
	mem_told_by_parent();
	answer(to, t, work_as(who, t));
}

/* Starts the process; its answer will come from *from. */
static int
begin(const struct task *t, struct child *child, int *from, struct err *err)
{
	SCOPED(drop_fd) int to = -1;
	struct ident who;
	int ends[2];

	if (identity_of(t, &who, err) == -1)
		return -1;
	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "pipe");
	*from = ends[0];
	to = ends[1];
	int forked = child_fork(child, err);
	if (forked == 0)
		be_courier(who, t, to);
	return forked == -1 ? -1 : 0;
}

static struct receipt
run(const struct task *t)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int from = -1;
	struct err err;

	if (begin(t, &child, &from, &err) == -1)
		return receipt_of_err(&err);
	return collect(t->job, &child, from);
}

/* --- what they are sent for --------------------------------------------- */

/* No default: a new kind of target has to be thought of here. */
static enum errand
errand_of(enum target_kind kind)
{
	switch (kind) {
	case TARGET_ACCOUNT:
		return ERRAND_ACCOUNT;
	case TARGET_COMMAND:
		return ERRAND_COMMAND;
	case TARGET_FILE:
		return ERRAND_FILE;
	case TARGET_REMOTE:
		return ERRAND_SENDMAIL;
	case TARGET_AUTO:
	case TARGET_FAILURE:
		break;
	}
	return ERRAND_NONE;
}

static struct task
delivery(struct job *job, const struct recipient *recipient,
    const struct target *target)
{
	return (struct task){
		.errand = errand_of(target->kind), .job = job,
		.recipient = recipient, .target = target,
		.looks = job->unread && target->asked && !target->looked,
	};
}

/* Only root (or the one owner) can make the domain's directories. */
static int
prepare(const struct target *target, struct err *err)
{
	return target->kind != TARGET_ACCOUNT ? 0 :
	    ident_can_become(account_identity(target->account), err) == -1 ?
	    -1 : mailbox_prepare(target->account, err);
}

/* What it took: others' turns, which it may have waited for, do not count. */
static struct deadline
start_of(const struct crew_member *m, const struct receipt *r)
{
	int64_t now = deadline_in(0).at_ms;
	bool is_plausible = r->end_ms >= m->start.at_ms && r->end_ms <= now;

	return (struct deadline){ m->start.at_ms +
	    (is_plausible ? now - r->end_ms : 0) };
}

static struct receipt
collect_ahead(struct job *job, struct crew_member *m, struct found *found)
{
	struct receipt r = collect(job, &m->child, m->from);

	found->ahead = true;
	found->start = start_of(m, &r);
	crew_dismiss(m);
	return r;
}

struct outcome
courier_deliver(struct job *job, const struct recipient *recipient,
    const struct target *target, struct found *found)
{
	struct task t = delivery(job, recipient, target);
	struct crew_member *ahead = crew_find(job->crew, target);
	struct receipt r;
	struct err err;

	*found = (struct found){ .vacation = VACATION_NONE };
	if (ahead != NULL)
		r = collect_ahead(job, ahead, found);
	else if (prepare(target, &err) == -1)
		return outcome_from_err(&err);
	else
		r = run(&t);
	found->postponed = r.postponed && job->unread;
	found->forwards = r.forwards;
	found->vacation = (enum vacation_place)r.vacation;
	return r.outcome;
}

bool
courier_send_ahead(struct job *job, const struct recipient *recipient,
    const struct target *target)
{
	struct task t = delivery(job, recipient, target);
	struct crew_member *m = crew_place(job->crew);
	struct err err;

	if (m == NULL || prepare(target, &err) == -1)
		return false;
	*m = (struct crew_member){ .task = target, .child = CHILD_NONE,
	    .from = -1, .start = deadline_in(0) };
	if (begin(&t, &m->child, &m->from, &err) == 0)
		return true;
	crew_dismiss(m);
	return false;
}

struct outcome
courier_filter(struct job *job, const struct recipient *recipient,
    const struct target *target, enum filtered *filtered, struct message *out)
{
	struct task t = {
		.errand = ERRAND_LOOK, .job = job, .recipient = recipient,
		.target = target, .out = -1,
	};
	struct err err;

	struct receipt r = run(&t);
	*filtered = r.filtered;
	if (r.outcome.kind != OUTCOME_DONE || r.filtered == FILTER_NONE)
		return r.outcome;
	if (intake_open_file(job->in, &t.out, &err) == -1)
		return outcome_from_err(&err);
	t.errand = ERRAND_FILTER;
	r = run(&t);
	*filtered = r.filtered;
	if (r.outcome.kind == OUTCOME_DONE && r.filtered == FILTER_OUTPUT) {
		if (message_adopt(t.out, out, &err) == 0) {
			out->own_hops = job->message.own_hops;
			return r.outcome;
		}
		r.outcome = outcome_from_err(&err);
	}
	drop_fd(&t.out);
	return r.outcome;
}

struct outcome
courier_send(struct job *job, const struct recipient *recipient,
    const struct target *first, const char *const *addresses, size_t count)
{
	struct task t = {
		.errand = ERRAND_SENDMAIL, .job = job, .recipient = recipient,
		.target = first, .addresses = addresses, .count = count,
	};

	return run(&t).outcome;
}

enum answer_verdict
courier_answer(struct job *job, const struct recipient *recipient,
    const struct target *target, const struct answering *answering,
    struct err *detail)
{
	struct task t = {
		.errand = target->kind == TARGET_AUTO ? ERRAND_AUTO :
		ERRAND_VACATION, .job = job, .recipient = recipient,
		.target = target, .answering = answering,
	};
	struct receipt r = run(&t);

	err_fill(detail, ERR_NONE, "%s", r.outcome.text);
	return r.outcome.kind == OUTCOME_DONE ?
	    (enum answer_verdict)r.verdict : ANSWER_FAILED;
}

struct outcome
courier_send_answer(struct job *job, const struct recipient *recipient,
    const struct target *target, struct message *answer)
{
	struct job inner = *job;
	struct task t = {
		.errand = ERRAND_ANSWER, .job = &inner,
		.recipient = recipient, .target = target,
	};

	inner.message = *answer;
	struct receipt r = run(&t);
	*answer = inner.message;
	return r.outcome;
}
