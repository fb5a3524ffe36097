/* parent.c: what stays root: it starts the others, checks passwords, and logs.
 *
 *	parent (root)		reads no byte of the client's
 *	  |-- talker (nobody, empty root): greeting, USER, PASS
 *	  |	sends one record per login; ends when it has handed over
 *	  `-- session (the account's uid, the domain's gid): the mailbox
 *		is forked when a password is right; serves 0 and 1 to the end
 */
#include "parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "confine.h"
#include "dialogue.h"
#include "fd.h"
#include "log.h"
#include "login.h"
#include "mem.h"
#include "packet.h"
#include "scope.h"
#include "session.h"
#include "talker.h"
#include "wire.h"

enum {
	TRIES = 3,
	/* after the first failure; then twice as long */
	DELAY_MS = 1000,
	PATIENCE_MS = 5000,		/* beyond the talker's own time-out */
	/* before it, for a question that got no answer to be answered */
	TELL_MS = 500,
	/* for a session to end when it is told to */
	LEAVE_MS = 30000,
};

struct state {
	const struct parent	*parent;
	struct child		 talker, session;
	int			 to_talker, to_session;	/* sockets */
	struct request		 request;
	struct deadline		 deadline;		/* of all logins */
	/* of the login that is being checked */
	struct pool		 pool;
	struct login		 login;
	unsigned		 failures;
	/* the session waits for the handover */
	bool			 is_open;
	bool			 handed_over;
	/* the talker has its last answer to tell */
	bool			 refused;
};

static void
drop_state(struct state *s)
{
	drop_child(&s->talker);
	drop_child(&s->session);
	drop_fd(&s->to_talker);
	drop_fd(&s->to_session);
	drop_pool(&s->pool);
	explicit_bzero(&s->request, sizeof s->request);
}

/* --- the log ------------------------------------------------------------- */

static struct slice
typed_login(const struct state *s)
{
	return (struct slice){ s->request.login, s->request.login_len };
}

static void
log_who(struct log_line *line, const struct state *s)
{
	const struct login *login = &s->login;

	if (login->account != NULL)
		log_text(line, "account", slice_of(login->account->name));
	else
		log_text(line, "login", typed_login(s));
	log_text(line, "peer", slice_of(s->parent->connection->peer_text.text));
	if (login->domain != NULL)
		log_text(line, "domain", slice_of(login->domain->name));
	log_text(line, "found", slice_of(login->found));
}

static void
log_failure(const struct state *s, const char *reason)
{
	SCOPED(drop_log_line) struct log_line line = log_event("login-failed");

	log_who(&line, s);
	log_text(&line, "reason", slice_of(reason));
	log_send(&line, LOG_NOTICE);
}

static void
log_session(const struct state *s, const struct report *r)
{
	SCOPED(drop_log_line) struct log_line line = log_event("session");

	log_who(&line, s);
	log_number(&line, "retrieved", r->retrieved);
	log_number(&line, "retrieved-octets", r->retrieved_octets);
	log_number(&line, "deleted", r->deleted);
	log_number(&line, "deleted-octets", r->deleted_octets);
	log_text(&line, "end", slice_of(dialogue_end_name(r->end)));
	if (r->text[0] != '\0')
		log_text(&line, "text",
		    (struct slice){ r->text,
		    strnlen(r->text, sizeof r->text) });
	log_send(&line, LOG_INFO);
}

/* --- waiting -------------------------------------------------------------- */

enum woken { WOKEN, STOPPED, TIMED_OUT };

/* Until fd can be read (-1: nothing), we are told to end, or the deadline. */
static enum woken
wait_for(const struct state *s, int fd, struct deadline d)
{
	struct pollfd polls[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = s->parent->stop, .events = POLLIN },
	};

	for (;;) {
		int n = poll(polls, 2, deadline_left(d));
		if (n > 0)
			return polls[1].revents != 0 ? STOPPED : WOKEN;
		if (n == -1 && errno != EINTR)
			return STOPPED;
		if (n == 0 && deadline_over(d))
			return TIMED_OUT;
	}
}

/* --- the session ------------------------------------------------------ */

static _Noreturn void
be_session(struct state *s, int parent)
{
	const struct session_start start = {
		.account = s->login.account,
		.name = s->parent->name,
		.parent = parent,
		.stop = s->parent->stop,
	};

	explicit_bzero(&s->request, sizeof s->request);
	session_run(&start);
	_exit(0);
}

/* The mailbox's locks may take a while. */
static enum verdict
wait_for_mailbox(struct state *s)
{
	int64_t ms = ((int64_t)s->parent->in->conf.lock_timeout * 1000) + PATIENCE_MS;
	struct opened opened;

	if (wait_for(s, s->to_session, deadline_in(ms)) != WOKEN ||
	    packet_receive(s->to_session, &opened, sizeof opened,
	    deadline_in(0)) == -1) {
		log_failure(s, "the session's process ended early");
		return VERDICT_TEMPORARY;
	}
	if (opened.verdict != VERDICT_OPEN) {
		opened.text[sizeof opened.text - 1] = '\0';
		log_failure(s, opened.text);
	}
	return opened.verdict;
}

static enum verdict
start_session(struct state *s)
{
	int ends[2], forked = -1;
	struct err err;

	if (packet_pair(ends, &err) == 0) {
		s->to_session = ends[0];
		forked = child_fork(&s->session, &err);
		if (forked == 0)
			be_session(s, ends[1]);
		drop_fd(&ends[1]);
	}
	if (forked == -1) {
		log_failure(s, err.text);
		return VERDICT_TEMPORARY;
	}
	enum verdict verdict = wait_for_mailbox(s);
	s->is_open = verdict == VERDICT_OPEN;
	if (!s->is_open) {
		drop_child(&s->session);
		drop_fd(&s->to_session);
	}
	return verdict;
}

static void
let_talker_leave(struct state *s)
{
	struct err err;
	int status;

	if (child_wait(&s->talker, deadline_in(PATIENCE_MS), &status,
	    &err) == -1)
		drop_child(&s->talker);
}

/* When the talker is gone, nobody but the session touches the connection. */
static void
release_session(struct state *s, const struct request *r)
{
	struct ahead ahead = { .len = r->ahead_len };

	memcpy(ahead.bytes, r->ahead, r->ahead_len);
	let_talker_leave(s);
	packet_send(s->to_session, &ahead, sizeof ahead);
	s->handed_over = true;
}

static void
watch_session(struct state *s)
{
	struct report report = { .end = END_ERROR };
	struct deadline d = { INT64_MAX };

	while (wait_for(s, s->to_session, d) == TIMED_OUT)
		;
	/* Told to end, it ends by itself: it may be writing the mailbox. */
	kill(s->session.pid, SIGTERM);
	if (packet_receive(s->to_session, &report, sizeof report,
	    deadline_in(LEAVE_MS)) == -1)
		snprintf(report.text, sizeof report.text,
		    "the session's process ended early");
	log_session(s, &report);
}

/* --- logins ----------------------------------------------------------- */

/* However the failure was found out, its answer comes at the same time. */
static bool
delay(struct state *s, struct deadline asked)
{
	int64_t ms = (int64_t)DELAY_MS << s->failures;
	struct deadline d = { asked.at_ms + ms };

	return wait_for(s, -1, d) == TIMED_OUT;
}

static bool
answer_login(struct state *s)
{
	const struct parent *p = s->parent;
	struct deadline asked = deadline_in(0);
	const struct login_question question = {
		.in = p->in, .where = &p->where, .typed = typed_login(s),
		.password = { s->request.password, s->request.password_len },
		.peer = p->connection->peer_text.text,
		.serves_main = p->serves_main,
		.deadline = { s->deadline.at_ms - PATIENCE_MS - TELL_MS },
	};

	drop_pool(&s->pool);
	login_check(&question, &s->pool, &s->login);
	explicit_bzero(s->request.password, sizeof s->request.password);
	struct answer answer = { .verdict = s->login.verdict };
	if (answer.verdict == VERDICT_OPEN)
		answer.verdict = start_session(s);
	else
		log_failure(s, s->login.reason);
	if (answer.verdict == VERDICT_WRONG) {
		if (!delay(s, asked))
			return false;
		s->failures++;
	}
	s->refused = s->failures >= TRIES;
	answer.last = s->refused;
	return packet_send(s->to_talker, &answer, sizeof answer) == 0 &&
	    !answer.last;
}

/* Nothing that the talker says is believed, and it can say two things. */
static bool
answer_request(struct state *s)
{
	struct request *r = &s->request;

	if (packet_receive(s->to_talker, r, sizeof *r, deadline_in(0)) == -1 ||
	    !wire_request_is_sane(r))
		return false;
	if (r->kind == REQUEST_LOGIN && !s->is_open)
		return answer_login(s);
	if (r->kind == REQUEST_HANDOVER && s->is_open)
		release_session(s, r);
	return false;
}

/* --- the talker ------------------------------------------------------- */

static _Noreturn void
be_talker(const struct parent *p, int socket)
{
	const struct talker talker = {
		.name = p->name,
		.parent = socket,
		.timeout = p->in->conf.login_timeout,
		.needs_tls = p->needs_tls,
	};
	const int keep[] = { socket, p->root };
	sigset_t nothing;
	struct err err;

	sigemptyset(&nothing);
	/* a SIGTERM just ends it */
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	confine_fds(keep, p->root == -1 ? 1 : 2);
	if (confine_to(p->in, p->root, 0, &err) == -1) {
		log_warning("cannot give up rights: %s", err.text);
		_exit(1);
	}
	confine_fds(keep, 1);
	talker_run(&talker);
	_exit(0);
}

static int
start_talker(struct state *s, struct err *err)
{
	int ends[2];

	if (packet_pair(ends, err) == -1)
		return -1;
	s->to_talker = ends[0];
	int forked = child_fork(&s->talker, err);
	if (forked == 0)
		be_talker(s->parent, ends[1]);
	drop_fd(&ends[1]);
	return forked == -1 ? -1 : 0;
}

int
parent_run(const struct parent *parent, struct err *err)
{
	SCOPED(drop_state) struct state s = {
		.parent = parent, .talker = CHILD_NONE, .session = CHILD_NONE,
		.to_talker = -1, .to_session = -1,
		.deadline = deadline_in((int64_t)
		    parent->in->conf.login_timeout * 1000 + PATIENCE_MS),
	};

	if (start_talker(&s, err) == -1)
		return -1;
	while (wait_for(&s, s.to_talker, s.deadline) == WOKEN &&
	    answer_request(&s))
		;
	if (s.handed_over)
		watch_session(&s);
	else if (s.refused)
		let_talker_leave(&s);
	return 0;
}
