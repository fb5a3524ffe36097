/* main.c: vdeliver, which the MTA starts once for each message. */
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "dispatch.h"
#include "due.h"
#include "events.h"
#include "fd.h"
#include "index_recall.h"
#include "ledger.h"
#include "log.h"
#include "report.h"
#include "request.h"
#include "resolve.h"
#include "scope.h"
#include "settle.h"
#include "startup.h"

enum {
	DRAIN_MS = 280000,		/* when no settings could be read */
	ALTERNATE_STACK = 65536,	/* of the signal handlers */
};

/* Couriers inherit the handlers, but what they say is said by this process. */
static pid_t speaker;

/* Once the handler has returned: our parent will name the signal. */
static void
die_by_signal(int signo)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };

	sigaction(signo, &standard, NULL);
	kill(getpid(), signo);
}

/* MTAs take a death by signal for anything from a retry to a bounce: stopped
 * or crashed, we say that the mail is still theirs.  Couriers die with this
 * process, and an append that they began is undone later. */
static void
end_by_signal(int signo)
{
	static const char stopped[] = "4.3.2 vdeliver was stopped\n";
	static const char crashed[] =
	    "4.3.0 vdeliver crashed: please report it\n";
	bool fault = signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE ||
	    signo == SIGILL || signo == SIGABRT || signo == SIGSYS ||
	    signo == SIGTRAP;

	if (getpid() != speaker) {
		die_by_signal(signo);
		return;
	}
	if (!report_has_begun() && write(STDERR_FILENO, fault ? crashed :
	    stopped, (fault ? sizeof crashed : sizeof stopped) - 1) == -1)
		_exit(EX_TEMPFAIL);
	_exit(EX_TEMPFAIL);
}

static void
catch_signals(void)
{
	static const int signals[] = {
		SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
		SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGSTKFLT,
		SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP,
	};
	static char stack[ALTERNATE_STACK];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = {
		.sa_handler = end_by_signal, .sa_flags = SA_ONSTACK,
	};
	sigset_t real_time;

	speaker = getpid();
	sigaltstack(&alternate, NULL);	/* for the end of the ordinary one */
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
	/* Nobody has anything to say by these: they wait for ever. */
	sigemptyset(&real_time);
	for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		sigaddset(&real_time, signo);
	sigprocmask(SIG_BLOCK, &real_time, NULL);
}

/* A writer that meets a closed pipe may take it for a failure of its own. */
static void
drain_input(struct deadline d)
{
	static char chunk[65536];	/* the stack may be small */
	struct err err;

	if (isatty(STDIN_FILENO))
		return;
	while (fd_read_by(STDIN_FILENO, chunk, sizeof chunk, d, &err) > 0)
		continue;
}

static void
warn(const char *text)
{
	log_warning("%s", text);
}

/* The sender is refused: whoever it is for. */
static void
refuse(struct plan *plan, const char *recipient, const char *why)
{
	struct recipient *r = plan_add_recipient(plan, recipient);

	plan_add_target(plan, r, &(struct target){ .kind = TARGET_FAILURE,
	    .local = r->local, .text = "",
	    .failure = outcome_make(OUTCOME_NO_USER, "5.1.3", "%s", why) });
}

static void
resolve_all(const struct installation *in, const struct request *request,
    struct plan *plan)
{
	for (size_t i = 0; i < request->count; i++)
		if (request->wrong_sender != NULL)
			refuse(plan, request->recipients[i],
			    request->wrong_sender);
		else
			resolve(in, plan, request->recipients[i]);
}

static int
show(const struct installation *in, struct plan *plan)
{
	struct outcome broken;
	struct err err;

	resolve_forwards(in, plan);
	settle_without_delivery(plan);
	plan_print(plan, stdout);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		err_fill_sys(&err, "standard output");
		broken = outcome_from_err(&err);
		return report_outcome(&broken, 1);
	}
	return report_plan(plan);
}

static int
deliver(const struct installation *in, const struct request *request,
    struct plan *plan, struct deadline deadline, struct ledger **ledger)
{
	struct job job = {
		.in = in, .plan = plan, .sender = request->sender,
		.deadline = deadline, .message = MESSAGE_NONE, .unread = true,
	};

	dispatch(&job);
	due_give(&job);
	drop_message(&job.message);
	if (request->verbose)
		plan_print(plan, stdout);
	int status = report_plan(plan);
	events_delivery(&job);
	*ledger = job.ledger;
	return status;
}

/* Of the call as a whole, for so many recipients. */
static int
fail(const struct request *request, const struct err *err, size_t count)
{
	const struct outcome broken = outcome_from_err(err);
	int status = report_outcome(&broken, count);

	if (request->dry_run)
		return status;
	log_warning("%s", err->text);
	drain_input(deadline_in(DRAIN_MS));
	return status;
}

static int
run(const struct request *request, struct ledger **ledger)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_plan) struct plan plan = { 0 };
	struct err err;

	int opened = installation_open(request->directory, PROGRAM_VDELIVER,
	    &in, &err);
	if (opened == 0 && log_open("vdeliver", in.conf.log, &err) == -1)
		opened = err_within(&err, "%s",
		    installation_where(&in, &in.pool, "log"));
	if (opened == -1)
		return fail(request, &err, request->count);
	in.warn = warn;
	in.recall = &recall;
	struct deadline deadline =
	    deadline_in((int64_t)in.conf.delivery_timeout * 1000);
	in.deadline = deadline;
	resolve_all(&in, request, &plan);
	if (request->dry_run)
		return show(&in, &plan);
	int status = deliver(&in, request, &plan, deadline, ledger);
	drain_input(deadline);
	return status;
}

int
main(int argc, char **argv)
{
	SCOPED(drop_request) struct request request = { 0 };
	struct ledger *ledger = NULL;
	struct startup found;
	struct outcome broken;
	struct err err;

	if (startup_guard(&found, &err) == -1) {
		broken = outcome_from_err(&err);
		return report_outcome(&broken, 1);
	}
	catch_signals();
	log_hold();
	log_name("vdeliver");
	if (request_parse(argc, argv, &request, &err) == -1)
		return fail(&request, &err, 1);
	int status = run(&request, &ledger);
	log_release();
	/* The very last: killed after it, all of the mail would come again. */
	ledger_release(ledger);
	return status;
}
