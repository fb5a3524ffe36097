/* errand.c: what a courier is sent for. */
#include "errand.h"

#include <signal.h>
#include <unistd.h>

#include "crew.h"
#include "fd.h"
#include "filter.h"
#include "forward.h"
#include "mem.h"
#include "packet.h"
#include "receipt.h"
#include "vacation.h"
#include "who.h"
#include "work.h"

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

struct task
errand_delivery(struct job *job, const struct recipient *recipient,
    const struct target *target)
{
	return (struct task){
		.errand = errand_of(target->kind), .job = job,
		.recipient = recipient, .target = target,
		.looks = job->unread && target->asked && !target->looked,
	};
}

/* --- who --------------------------------------------------------------- */

int
errand_identity(const struct task *t, struct ident *who, struct err *err)
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

/* --- what it does ------------------------------------------------------- */

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
run(const struct task *t)
{
	struct err err;

	if (message_load(&t->job->message, &err) == -1)
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

/* --- the process ------------------------------------------------------- */

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

void
errand_set_out(const struct task *t)
{
	unblock_signals();
	crew_leave(t->job->crew);
	if (t->job->to_talker > 0)
		drop_fd(&t->job->to_talker);
	mem_told_by_parent();
}

static _Noreturn void
hand_back(int end, const struct task *t, struct receipt r)
{
	struct slice id = message_id(&t->job->message);

	r.size = t->job->message.size;
	r.end_ms = deadline_in(0).at_ms;
	for (size_t i = 0; i < id.len && i + 1 < sizeof r.message_id; i++)
		r.message_id[i] = id.p[i] != '\0' ? id.p[i] : ' ';
	_exit(packet_send(end, &r, sizeof r) == -1);
}

_Noreturn void
errand_run(const struct task *t, int end)
{
	hand_back(end, t, run(t));
}

_Noreturn void
errand_fail(const struct task *t, int end, const struct err *err)
{
	hand_back(end, t, receipt_of_err(err));
}
