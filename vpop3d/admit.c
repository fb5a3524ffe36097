/* admit.c: logins: when it is their turn, whether they are right, and who goes on
 * from there. */
#include "admit.h"

#include <string.h>

#include "log.h"
#include "mailbox.h"
#include "native_login.h"
#include "packet.h"
#include "rehash.h"
#include "stop.h"

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

/* The mailbox's locks may take a while, and so may reading a large one: that has
 * all the time that there is for a login, or nobody could ever open it. */
static struct deadline
time_to_open(const struct state *s)
{
	struct deadline locks = deadline_in(
	    (int64_t)s->parent->in->conf.lock_timeout * 1000 + PATIENCE_MS);
	struct deadline all = { s->limit.at_ms - TELL_MS };

	return locks.at_ms > all.at_ms ? locks : all;
}

static enum verdict
open_mailbox(struct state *s)
{
	const struct session_start start = {
		.account = s->login.account,
		.keeps_all = s->login.by != NULL &&
		    s->login.grant != GRANT_ALL,
		.name = s->name, .stop = s->parent->stop,
	};
	struct opened opened;

	mend_place(s->login.account);
	successor_session(&s->successor, &start, &s->request,
	    time_to_open(s), &opened);
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
}

/* Nobody else waits for a hash to be renewed. */
static void
password_was_right(struct state *s, struct slice password)
{
	throttle_right(&s->throttle);
	throttle_leave(&s->throttle);
	if (s->login.has_old_hash)
		rehash(s->login.by != NULL ? s->login.by : s->login.account,
		    password);
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
	return stop_wait(s->parent->stop, -1, d) == TIMED_OUT;
}

bool
admit(struct state *s)
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
	if (s->login.verdict == VERDICT_OPEN)
		password_was_right(s, question.password);
	explicit_bzero(s->request.password, sizeof s->request.password);
	struct answer answer = { .verdict = s->login.verdict };
	if (answer.verdict != VERDICT_OPEN)
		log_failure(s, s->login.reason);
	if (may_be_anybody(s) && !delay(s, turn))
		return false;
	throttle_leave(&s->throttle);
	if (answer.verdict == VERDICT_OPEN && !s->login.is_natives)
		answer.verdict = let_in(s);
	s->refused = s->refused || s->failures >= TRIES;
	answer.last = s->refused;
	memcpy(answer.words, s->words, sizeof answer.words);
	return packet_send(s->to_talker, &answer, sizeof answer) == 0 &&
	    !answer.last;
}
