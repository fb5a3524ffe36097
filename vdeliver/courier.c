/* courier.c: one child process that delivers to one target. */
#include "courier.h"

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "crew.h"
#include "errand.h"
#include "fd.h"
#include "intake.h"
#include "lmtp_envelope.h"
#include "mailbox.h"
#include "packet.h"
#include "receipt.h"
#include "scope.h"

/* a child ends by its own deadline before we kill it */
enum { GRACE_MS = 2000 };

/* --- what it hands back -------------------------------------------------- */

/* All couriers of a job see the same message. */
static void
note_message(struct job *job, const struct receipt *r)
{
	if (job->message_id != NULL)
		return;
	job->message_id = pool_dup(&job->plan->pool, slice_of(r->message_id));
	job->size = r->size;
}

/* What it has told stands, however it ends after that.  False: it told nothing,
 * and has ended, or is to be killed. */
static bool
collect(struct job *job, struct child *child, int end, struct receipt *r)
{
	struct deadline d = { job->deadline.at_ms + GRACE_MS };
	struct err err;
	int status;

	fd_wait_either(end, child->pidfd, d);
	if (receipt_take(r, end)) {
		if (!r->postponed)
			note_message(job, r);
		return true;
	}
	*r = child_wait(child, d, &status, &err) == 0 ? receipt_of_end(status) :
	    receipt_of(outcome_make(OUTCOME_TEMPORARY, "4.3.0",
	    "the delivery took too long"));
	return false;
}

/* --- the process ------------------------------------------------------- */

/* Starts it; *end is ours of what we tell one another. */
static int
begin(const struct task *t, struct child *child, int *end, struct err *err)
{
	struct ident who;
	int side;

	if (errand_identity(t, &who, err) == -1)
		return -1;
	int forked = packet_fork(child, &side, err);
	if (forked == -1)
		return -1;
	if (forked == 0) {
		errand_set_out(t);
		if (ident_become(who, err) == -1)
			errand_fail(t, side, err);
		errand_run(t, side);
	}
	*end = side;
	return 0;
}

static struct receipt
run(const struct task *t)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int end = -1;
	struct receipt r;
	struct err err;
	int status;

	if (begin(t, &child, &end, &err) == -1)
		return receipt_of_err(&err);
	if (collect(t->job, &child, end, &r))
		child_end(&child, GRACE_MS, &status);
	return r;
}

/* --- one that waits for its message --------------------------------------- */

/* What was not known when it was sent; the message's file comes with it. */
struct orders {
	struct deadline	deadline;
	uint32_t	own_hops;
	char		sender[LMTP_PATH_MAX + 1];
};

static bool
give_orders(const struct job *job, struct crew_member *m)
{
	struct orders orders = { .deadline = job->deadline,
	    .own_hops = job->message.own_hops };

	snprintf(orders.sender, sizeof orders.sender, "%s", job->sender);
	m->start = deadline_in(0);
	m->waits = packet_send_fd(m->end, &orders, sizeof orders,
	    job->message.file) == -1;
	return !m->waits;
}

_Noreturn void
courier_wait_for_orders(struct job *job, const struct recipient *recipient,
    const struct target *target, int end)
{
	struct task t = errand_delivery(job, recipient, target);
	struct orders orders = { .own_hops = 0 };
	struct err err;
	int fd;

	if (packet_receive_fd(end, &orders, sizeof orders, &fd,
	    (struct deadline){ INT64_MAX }) == -1)
		_exit(0);
	job->deadline = orders.deadline;
	job->sender = orders.sender;
	if (message_adopt(fd, &job->message, &err) == -1)
		errand_fail(&t, end, &err);
	job->message.own_hops = orders.own_hops;
	errand_run(&t, end);
}

/* --- what they are sent for --------------------------------------------- */

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
	struct receipt r;
	bool told = collect(job, &m->child, m->end, &r);

	found->ahead = true;
	found->start = start_of(m, &r);
	if (told)
		crew_release(m);
	else
		crew_dismiss(m);
	return r;
}

/* The one that was sent ahead, or waits and can be told to begin. */
static struct crew_member *
find_ahead(struct job *job, const struct target *target)
{
	struct crew_member *m = crew_find(job->crew, target);

	if (m == NULL || !m->waits || give_orders(job, m))
		return m;
	crew_dismiss(m);
	return NULL;
}

struct outcome
courier_deliver(struct job *job, const struct recipient *recipient,
    const struct target *target, struct found *found)
{
	struct task t = errand_delivery(job, recipient, target);
	struct receipt r;
	struct err err;

	*found = (struct found){ .vacation = VACATION_NONE };
	if (!courier_is_under_way(job, target) &&
	    prepare(target, &err) == -1)
		return outcome_from_err(&err);
	struct crew_member *ahead = find_ahead(job, target);
	r = ahead != NULL ? collect_ahead(job, ahead, found) : run(&t);
	found->postponed = r.postponed && job->unread;
	found->forwards = r.forwards;
	found->vacation = (enum vacation_place)r.vacation;
	return r.outcome;
}

bool
courier_is_under_way(const struct job *job, const struct target *target)
{
	const struct crew_member *m = crew_find(job->crew, target);

	return m != NULL && !m->waits;
}

bool
courier_send_ahead(struct job *job, const struct recipient *recipient,
    const struct target *target)
{
	struct task t = errand_delivery(job, recipient, target);
	struct crew_member *m;
	struct err err;

	if (prepare(target, &err) == -1)
		return false;
	if (find_ahead(job, target) != NULL)
		return true;
	m = crew_place(job->crew);
	if (m == NULL)
		return false;
	*m = (struct crew_member){ .task = target, .child = CHILD_NONE,
	    .end = -1, .start = deadline_in(0) };
	if (begin(&t, &m->child, &m->end, &err) == 0)
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
