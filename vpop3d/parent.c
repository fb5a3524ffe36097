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

#include "admit.h"
#include "fd.h"
#include "packet.h"
#include "scope.h"
#include "stop.h"
#include "talker.h"

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

/* Until fd can be read (-1: nothing), we are told to end, or the deadline. */
static enum woken
wait_for(const struct state *s, int fd, struct deadline d)
{
	return stop_wait(s->parent->stop, fd, d);
}

/* --- who goes on from a login ------------------------------------------ */

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
		return admit(s);
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
