/* lmtp_parent.c: the process behind one connection: it resolves and
 * delivers. */
#include "lmtp_parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "address.h"
#include "child.h"
#include "crew.h"
#include "dialogue.h"
#include "due.h"
#include "events.h"
#include "fd.h"
#include "intake.h"
#include "ledger.h"
#include "lmtp_deliver.h"
#include "lmtp_look_up.h"
#include "lmtp_talker.h"
#include "lmtp_wire.h"
#include "log.h"
#include "packet.h"
#include "scope.h"
#include "settle.h"

enum {
	/* Refused recipients of one transaction: nobody needs more, and each
	 * takes memory until its end. */
	REFUSED_MAX = 1000,
	/* Targets that its recipients lead to, and members on the way there,
	 * all together: they are remembered until its end, too. */
	REACHED_MAX = 100000,
	LEAVE_MS = 5000,		/* for a talker that is through */
};

struct state {
	const struct lmtp_parent	*parent;
	struct child			 talker;
	int				 to_talker;
	/* of the message that is coming: who attends to its recipients
	 * already, or ends */
	struct crew			 crew;
	struct plan			 plan;
	struct message			 message;
	/* of the one before: kept until its client is known to go on, having
	 * read the replies */
	struct ledger			*told;
	unsigned			 refused;
	uint64_t			 reached;
	/* of the whole connection, for the log */
	uint64_t			 messages, recipients;
};

static void
forget(struct state *s)
{
	crew_dismiss_waiting(&s->crew);
	drop_plan(&s->plan);
	s->plan = (struct plan){ 0 };
	drop_message(&s->message);
	s->message = MESSAGE_NONE;
	s->refused = 0;
	s->reached = 0;
}

static void
drop_state(struct state *s)
{
	drop_child(&s->talker);
	drop_fd(&s->to_talker);
	drop_ledger(&s->told);
	drop_crew(&s->crew);
	forget(s);
}

/* --- answers ------------------------------------------------------------ */

static bool
answer_with(const struct state *s, struct outcome o, int fd)
{
	const struct lmtp_answer a = { o };

	return packet_send_fd(s->to_talker, &a, sizeof a, fd) == 0;
}

static bool
answer(const struct state *s, struct outcome o)
{
	return answer_with(s, o, -1);
}

static struct outcome
accepted(void)
{
	return outcome_make(OUTCOME_DONE, "2.1.5", "ok");
}

/* Every wait of what follows is cut to what one message may take. */
static struct deadline
begin_request(const struct state *s)
{
	struct installation *in = s->parent->in;

	in->deadline = deadline_in((int64_t)in->conf.delivery_timeout * 1000);
	return in->deadline;
}

/* --- recipients --------------------------------------------------------- */

static bool
answer_recipient(struct state *s, const char *address, uint64_t size)
{
	struct plan *plan = &s->plan;
	size_t warned = plan->warning_count;

	if (s->refused == REFUSED_MAX || s->reached > REACHED_MAX)
		return answer(s, outcome_make(OUTCOME_TEMPORARY, "4.5.3",
		    "too many recipients: send the message for them again"));
	struct job job = {
		.in = s->parent->in, .plan = plan, .message = MESSAGE_NONE,
		.deadline = begin_request(s), .to_talker = s->to_talker,
		.crew = &s->crew,
	};
	struct outcome expected;
	struct recipient *r = lmtp_expect(&job, address, size, &expected);
	s->reached += r->count + r->members;
	if (expected.kind == OUTCOME_DONE)
		return answer(s, accepted());
	events_refused(r, &expected);
	events_warnings(plan, warned);
	s->refused++;
	plan->recipient_count--;
	return answer(s, expected);
}

/* --- messages ----------------------------------------------------------- */

/* The talker writes into it, couriers read from it; it has no name. */
static bool
answer_message(struct state *s)
{
	struct err err;
	int fd;

	drop_message(&s->message);
	s->message = MESSAGE_NONE;
	if (intake_open_file(s->parent->in, &fd, &err) == -1) {
		log_warning("%s", err.text);
		return answer(s, outcome_from_err(&err));
	}
	s->message.file = fd;
	return answer_with(s, accepted(), fd);
}

static bool
deliver(struct state *s, struct job *job)
{
	struct err err;

	if (message_adopt(s->message.file, &job->message, &err) == -1)
		return lmtp_deliver_none(job, outcome_from_err(&err));
	s->message = MESSAGE_NONE;	/* the job's now */
	job->message.own_hops = 1;
	return lmtp_deliver(job);
}

static bool
answer_deliver(struct state *s, const char *given)
{
	struct plan *plan = &s->plan;
	const char *sender;
	struct err err;

	/* One that is none was not let pass by a talker of ours. */
	if (address_sender(&plan->pool, slice_of(given), &sender, &err) == -1)
		return false;
	struct job job = {
		.in = s->parent->in, .plan = plan, .sender = sender,
		.message = MESSAGE_NONE, .deadline = begin_request(s),
		.to_talker = s->to_talker, .crew = &s->crew,
	};
	bool alive = deliver(s, &job);
	due_give(&job);
	events_delivery(&job);
	s->told = job.ledger;
	drop_message(&job.message);
	s->messages++;
	s->recipients += plan->recipient_count;
	forget(s);
	return alive;
}

/* --- what the talker asks ----------------------------------------------- */

/* An LMTP talker and one of the socket map ask different things; neither asks
 * anything else.  False: the conversation is over. */
static bool
answer_text(struct state *s, uint32_t kind, const char *text, uint64_t size)
{
	bool mail = s->parent->role == LMTP_MAIL;

	if (kind == LMTP_RECIPIENT && mail)
		return answer_recipient(s, text, size);
	if (kind == LMTP_MESSAGE && mail && s->plan.recipient_count > 0)
		return answer_message(s);
	if (kind == LMTP_DELIVER && mail && s->message.file != -1)
		return answer_deliver(s, text);
	if (kind == LMTP_RESET && mail) {
		forget(s);
		/* By now they have ended. */
		drop_crew(&s->crew);
		return true;
	}
	if (!lmtp_is_look_up(kind) || mail)
		return false;
	begin_request(s);
	return answer(s, lmtp_look_up(s->parent->in, kind, text));
}

/* The talker goes on only when the client has its replies. */
static void
release_told(struct state *s)
{
	ledger_release(s->told);
	drop_ledger(&s->told);
}

static bool
answer_request(struct state *s)
{
	struct lmtp_request request;
	char text[sizeof request.text + 1];

	if (packet_receive(s->to_talker, &request, sizeof request,
	    deadline_in(0)) == -1 || request.len > sizeof request.text)
		return false;
	release_told(s);
	memcpy(text, request.text, request.len);
	text[request.len] = '\0';
	return strlen(text) == request.len &&
	    answer_text(s, request.kind, text, request.size);
}

/* --- the conversation --------------------------------------------------- */

/* Told to end, the talker says so to the client when it waits for it the next
 * time: a message that is being delivered is first. */
static bool
wait_for_talker(struct state *s, int *stop, struct deadline *leave)
{
	struct pollfd polls[] = {
		{ .fd = s->to_talker, .events = POLLIN },
		{ .fd = *stop, .events = POLLIN },
	};

	int n = poll(polls, 2, deadline_left(*leave));
	if (n == -1)
		return errno == EINTR;
	if (n == 0)
		return !deadline_over(*leave);
	if (polls[1].revents != 0) {
		kill(s->talker.pid, SIGTERM);
		*stop = -1;
		*leave = deadline_in(LEAVE_MS);
	}
	return polls[0].revents == 0 || answer_request(s);
}

static void
log_end(struct state *s)
{
	SCOPED(drop_log_line) struct log_line line = log_event("session");
	int status = 0;
	struct err err;

	if (child_wait(&s->talker, deadline_in(LEAVE_MS), &status, &err) == -1)
		drop_child(&s->talker);
	if (WIFEXITED(status) && WEXITSTATUS(status) == END_QUIT)
		release_told(s);
	if (s->parent->role != LMTP_MAIL)
		return;
	log_text(&line, "peer", slice_of(s->parent->peer));
	log_number(&line, "messages", s->messages);
	log_number(&line, "recipients", s->recipients);
	log_text(&line, "end", slice_of(dialogue_end_name(WIFEXITED(status) ?
	    (enum dialogue_end)WEXITSTATUS(status) : END_ERROR)));
	log_send(&line, LOG_INFO);
}

int
lmtp_parent_run(const struct lmtp_parent *parent, struct err *err)
{
	SCOPED(drop_state) struct state s = {
		.parent = parent, .talker = CHILD_NONE, .to_talker = -1,
		.message = MESSAGE_NONE,
	};
	struct deadline leave = { INT64_MAX };
	int stop = parent->stop;

	if (lmtp_talker_start(parent, &s.talker, &s.to_talker, err) == -1)
		return -1;
	while (wait_for_talker(&s, &stop, &leave))
		continue;
	drop_fd(&s.to_talker);
	log_end(&s);
	return 0;
}
