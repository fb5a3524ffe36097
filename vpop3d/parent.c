/* parent.c: what stays root: it starts the others, checks passwords, and logs.
 *
 *	parent (root)		reads no byte of the client's
 *	  |-- vtls (nobody, empty root): under TLS alone, has the connection,
 *	  |	and gives everybody else its plain end as 0 and 1
 *	  |-- talker (nobody, empty root): greeting, USER, PASS, AUTH
 *	  |	sends one record per login; ends when it has handed over, or
 *	  |	when TLS begins: then vtls and a new talker, which knows nothing
 *	  |	of what was said in plain text
 *	  |-- session (the account's uid, the domain's gid): the mailbox
 *	  |	is forked when a password is right; serves 0 and 1 to the end
 *	  `-- or passage (nobody, empty root) and the native pop3d (root): a
 *		login of the main domain, tried at the native; when it is right
 *		the passage carries bytes between 0 and 1 and the native
 */
#include "parent.h"

#include <string.h>

#include "child.h"
#include "events.h"
#include "fd.h"
#include "log.h"
#include "login.h"
#include "mailbox.h"
#include "native_login.h"
#include "packet.h"
#include "rehash.h"
#include "relay.h"
#include "scope.h"
#include "stop.h"
#include "successor.h"
#include "talker.h"
#include "throttle.h"
#include "wire.h"

enum {
	TRIES = 3,
	PATIENCE_MS = 5000,		/* beyond the talker's own time-out */
	/* before it, for a question that got no answer to be answered; for
	 * the client to hear that TLS failed */
	TELL_MS = 500,
};

struct state {
	const struct parent	*parent;
	struct events		 events;
	/* of the whole connection */
	struct pool		 lasting;
	struct where		 where;
	const char		*name;		/* that greets, and says farewell */
	struct deadline		 limit;		/* of all before the login */
	struct relay		 relay;
	struct child		 talker;
	int			 to_talker;	/* a socket */
	struct successor	 successor;
	struct request		 request;
	/* of the login that is being checked */
	struct pool		 pool;
	struct login		 login;
	struct throttle		 throttle;
	char			 words[WIRE_TEXT];	/* the native's refusal */
	unsigned		 failures;
	unsigned		 stls_failures;
	bool			 handed_over;	/* to the successor */
	/* the talker has its last answer to tell */
	bool			 refused;
};

static void
drop_state(struct state *s)
{
	drop_child(&s->talker);
	drop_successor(&s->successor);
	drop_relay(&s->relay);
	drop_fd(&s->to_talker);
	drop_throttle(&s->throttle);
	drop_pool(&s->pool);
	drop_pool(&s->lasting);
	explicit_bzero(&s->request, sizeof s->request);
}

static struct slice
typed_login(const struct state *s)
{
	return (struct slice){ s->request.login, s->request.login_len };
}

static void
log_failure(const struct state *s, const char *reason)
{
	events_login_failed(&s->events, reason);
}

/* Until fd can be read (-1: nothing), we are told to end, or the deadline. */
static enum woken
wait_for(const struct state *s, int fd, struct deadline d)
{
	return stop_wait(s->parent->stop, fd, d);
}

/* --- who goes on from a login ------------------------------------------ */

/* A copied machine's spool/D has another group or mode: before the first delivery
 * mends it nobody could lock an inbox in it.  The session tells what stays
 * wrong; a directory that is missing is not made here. */
static void
mend_place(const struct account *account)
{
	struct err unused;

	if (account->domain->in->as_root && !account->domain->of_system &&
	    !mailbox_lacks_place(account))
		mailbox_prepare(account, &unused);
}

/* The mailbox's locks may take a while. */
static enum verdict
open_mailbox(struct state *s)
{
	int64_t ms = (int64_t)s->parent->in->conf.lock_timeout * 1000;
	const struct session_start start = {
		.account = s->login.account,
		.keeps_all = s->login.by != NULL &&
		    s->login.grant != GRANT_ALL,
		.name = s->name, .stop = s->parent->stop,
	};
	struct opened opened;

	mend_place(s->login.account);
	successor_session(&s->successor, &start, &s->request,
	    deadline_in(ms + PATIENCE_MS), &opened);
	if (opened.verdict != VERDICT_OPEN)
		log_failure(s, opened.text);
	return opened.verdict;
}

static void
start_passage(struct state *s, struct opened *opened)
{
	const struct parent *p = s->parent;
	const struct passage_start start = {
		.request = &s->request,
		.limit = { s->limit.at_ms - TELL_MS },
		.idle_ms = (int64_t)p->in->conf.idle_timeout * 1000,
		.root = p->root, .stop = p->stop,
	};

	successor_passage(&s->successor, &start, p->native, p->found, s->limit,
	    opened);
}

/* The native says whether the password is right.  Where it has nothing to say
 * the connection ends: each try costs a process of root's. */
static void
ask_native(struct state *s)
{
	struct opened opened = { .verdict = VERDICT_WRONG,
	    .text = "nobody can be called so, or have such a password" };

	if (native_login_is_possible(&s->request))
		start_passage(s, &opened);
	s->login.verdict = opened.verdict;
	s->login.reason = pool_dup(&s->pool, slice_of(opened.text));
	memcpy(s->words, opened.words, sizeof s->words);
	s->refused = opened.verdict == VERDICT_TEMPORARY &&
	    opened.words[0] == '\0';
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

/* When the talker is gone, nobody but the successor touches the connection. */
static void
let_begin(struct state *s, const struct request *r)
{
	let_talker_leave(s);
	successor_begin(&s->successor, r);
	s->handed_over = true;
}

static void
watch(struct state *s)
{
	struct report report;
	struct passed passed;
	char text[WIRE_TEXT];

	if (s->login.is_natives) {
		successor_hear_passage(&s->successor, &passed, text);
		events_native_session(&s->events, &passed, text);
		return;
	}
	successor_hear_session(&s->successor, &report);
	events_session(&s->events, &report);
}

/* --- logins ----------------------------------------------------------- */

/* The mailbox, unless it is too soon for another login. */
static enum verdict
let_in(struct state *s)
{
	uint64_t seconds = s->login.domain->conf.login_delay;
	struct err err;

	if (seconds == 0)
		return open_mailbox(s);
	int claimed = throttle_login(&s->throttle, (unsigned)seconds, &err);
	if (claimed != 1) {
		log_failure(s, claimed == 0 ? "login-delay" : err.text);
		return claimed == 0 ? VERDICT_TOO_SOON : VERDICT_TEMPORARY;
	}
	enum verdict verdict = open_mailbox(s);
	if (verdict != VERDICT_OPEN)
		throttle_no_login(&s->throttle);
	return verdict;
}

/* When its turn has come.  Unless others had it, *turn stays when it was asked
 * for: whether a domain had to be read before must not show. */
static void
try_password(struct state *s, const struct login_question *q,
    struct deadline *turn)
{
	const struct parent *p = s->parent;
	const char *account = login_account(q, &s->login, &s->pool);
	struct err err;

	if (throttle_begin(&s->throttle, p->in, p->connection,
	    slice_of(account), q->deadline, &err) == -1) {
		s->login.verdict = VERDICT_TEMPORARY;
		s->login.reason = "other tries took all the time";
		return;
	}
	if (s->throttle.waited)
		*turn = deadline_in(0);
	if (s->login.is_natives) {
		ask_native(s);
		return;
	}
	login_check(q, &s->pool, &s->login);
	if (s->login.verdict == VERDICT_OPEN && s->login.has_old_hash)
		rehash(s->login.by != NULL ? s->login.by : s->login.account,
		    q->password);
}

/* Each is a line of the log, and costs a client nothing else. */
static bool
may_be_anybody(const struct state *s)
{
	return s->login.verdict == VERDICT_WRONG ||
	    s->login.verdict == VERDICT_TEMPORARY ||
	    s->login.verdict == VERDICT_NEEDS_TLS;
}

static int64_t
count_failure(struct state *s)
{
	if (s->login.verdict != VERDICT_WRONG)
		return throttle_untold(++s->failures);
	int64_t ms = throttle_failed(&s->throttle, ++s->failures);
	if (s->throttle.err.kind != 0)
		log_warning("failed logins are not remembered: %s",
		    s->throttle.err.text);
	return ms;
}

/* However the failure was found out, its answer comes at the same time, and the
 * next try after it.  False: we are told to end. */
static bool
delay(struct state *s, struct deadline turn)
{
	struct deadline d = { turn.at_ms + count_failure(s) };

	/* that the fault is ours is to be heard */
	if (s->login.verdict == VERDICT_TEMPORARY &&
	    d.at_ms > s->limit.at_ms - TELL_MS)
		d.at_ms = s->limit.at_ms - TELL_MS;
	return wait_for(s, -1, d) == TIMED_OUT;
}

static bool
answer_login(struct state *s)
{
	const struct parent *p = s->parent;
	struct deadline turn = deadline_in(0);
	const struct login_question question = {
		.in = p->in, .where = &s->where, .typed = typed_login(s),
		.wanted = { s->request.authzid, s->request.authzid_len },
		.password = { s->request.password, s->request.password_len },
		.peer = p->connection->peer_text.text,
		.has_native = p->native != NULL,
		.deadline = { s->limit.at_ms - TELL_MS },
	};

	/* that has refused the last one */
	successor_end_native(&s->successor);
	s->words[0] = '\0';
	drop_pool(&s->pool);
	login_find(&question, &s->pool, &s->login);
	if (s->login.verdict == 0)
		try_password(s, &question, &turn);
	explicit_bzero(s->request.password, sizeof s->request.password);
	struct answer answer = { .verdict = s->login.verdict };
	if (answer.verdict != VERDICT_OPEN)
		log_failure(s, s->login.reason);
	if (may_be_anybody(s) && !delay(s, turn))
		return false;
	if (answer.verdict == VERDICT_OPEN)
		throttle_right(&s->throttle);
	throttle_leave(&s->throttle);
	if (answer.verdict == VERDICT_OPEN && !s->login.is_natives)
		answer.verdict = let_in(s);
	s->refused = s->refused || s->failures >= TRIES;
	answer.last = s->refused;
	memcpy(answer.words, s->words, sizeof answer.words);
	return packet_send(s->to_talker, &answer, sizeof answer) == 0 &&
	    !answer.last;
}

/* --- the talker ------------------------------------------------------- */

static int
start_talker(struct state *s, struct err *err)
{
	const struct parent *p = s->parent;
	const struct talker talker = {
		.in = p->in, .root = p->root, .name = s->name,
		.limit = s->limit,
		.greets = !s->where.under_tls || p->tls,
		.terms = login_terms(p->in, &s->where),
		.offers_tls = relay_is_offered(p->in, &s->where),
	};

	return talker_start(&talker, &s->talker, &s->to_talker, err);
}

/* --- TLS -------------------------------------------------------------- */

/* What the name of the server decides: which domain a login without one means,
 * and who greets where nobody has greeted yet. */
static void
note_server_name(struct state *s)
{
	const struct parent *p = s->parent;

	s->where.under_tls = true;
	where_by_server_name(p->in, &s->lasting,
	    slice_of(s->relay.server_name), &s->where);
	if (p->tls)
		s->name = where_greeting(p->in, &s->where, &s->lasting);
}

/* False: it failed, and there is nobody to talk to any more. */
static bool
begin_tls(struct state *s)
{
	const struct parent *p = s->parent;
	struct err err;

	if (relay_start(&s->relay, p->in, p->root, &err) == 0 &&
	    relay_shake_hands(&s->relay, p->in, &s->where, p->stop, s->limit,
	    &err) == 0) {
		note_server_name(s);
		return true;
	}
	events_tls_failed(&s->events, err.text);
	relay_end(&s->relay, p->stop, deadline_in(TELL_MS));
	return false;
}

/* STLS is answered in plain text for the last time: the talker says it, and
 * is gone with all that it knows. */
static bool
answer_stls(struct state *s)
{
	const struct parent *p = s->parent;
	struct answer answer = { .verdict = VERDICT_OPEN };
	struct err err;

	if (s->request.ahead_len > 0) {
		events_tls_failed(&s->events, "commands came behind STLS");
		return false;
	}
	if (relay_is_ready(p->in, &s->where, &err) == -1) {
		events_tls_failed(&s->events, err.text);
		answer.verdict = VERDICT_TEMPORARY;
		/* each is a line of the log */
		s->refused = ++s->stls_failures >= TRIES;
		answer.last = s->refused;
	}
	if (packet_send(s->to_talker, &answer, sizeof answer) == -1)
		return false;
	if (answer.verdict != VERDICT_OPEN)
		return !answer.last;
	if (wait_for(s, s->talker.pidfd, s->limit) != WOKEN)
		return false;
	drop_child(&s->talker);
	drop_fd(&s->to_talker);
	explicit_bzero(&s->request, sizeof s->request);
	return begin_tls(s) && start_talker(s, &err) == 0;
}

/* --- the whole -------------------------------------------------------- */

/* Nothing that the talker says is believed, and it can say three things. */
static bool
answer_request(struct state *s)
{
	struct request *r = &s->request;

	if (packet_receive(s->to_talker, r, sizeof *r, deadline_in(0)) == -1 ||
	    !wire_request_is_sane(r))
		return false;
	if (r->kind == REQUEST_LOGIN && !s->successor.is_open)
		return answer_login(s);
	if (r->kind == REQUEST_STLS && !s->successor.is_open &&
	    !s->where.under_tls)
		return answer_stls(s);
	if (r->kind == REQUEST_HANDOVER && s->successor.is_open)
		let_begin(s, r);
	return false;
}

static void
serve_client(struct state *s)
{
	struct deadline d = { s->limit.at_ms + PATIENCE_MS };

	while (wait_for(s, s->to_talker, d) == WOKEN && answer_request(s))
		;
	if (s->handed_over)
		watch(s);
	else if (s->refused)
		let_talker_leave(s);
	successor_end_native(&s->successor);
}

int
parent_run(const struct parent *parent, struct err *err)
{
	const struct vmail_conf *conf = &parent->in->conf;
	SCOPED(drop_state) struct state s = {
		.parent = parent, .where = parent->where,
		.limit = deadline_in((int64_t)conf->login_timeout * 1000),
		.relay = RELAY_NONE, .throttle = THROTTLE_NONE,
		.talker = CHILD_NONE, .to_talker = -1,
		.successor = SUCCESSOR_NONE,
	};

	s.events = (struct events){ parent->connection, &s.relay, &s.login,
	    &s.request };
	s.name = where_greeting(parent->in, &s.where, &s.lasting);
	if (!parent->tls || begin_tls(&s)) {
		if (start_talker(&s, err) == -1)
			return -1;
		serve_client(&s);
	}
	relay_end(&s.relay, parent->stop,
	    deadline_in((int64_t)conf->idle_timeout * 1000));
	return 0;
}
