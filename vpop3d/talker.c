/* talker.c: what meets a client that nobody knows yet: greeting, USER, PASS,
 * STLS. */
#include "talker.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "auth.h"
#include "capa.h"
#include "confine.h"
#include "dialogue.h"
#include "language.h"
#include "log.h"
#include "login.h"
#include "mem.h"
#include "packet.h"
#include "wire.h"

enum {
	BAD_COMMANDS = 20,
	LOGIN_MAX = WIRE_LOGIN,
};

struct conversation {
	const struct talker	*talker;
	int			 parent;	/* the socket to it */
	struct dialogue		*client;
	struct request		*request;
	bool			 has_user;
	bool			 says_utf8;
	bool			 over;		/* others go on from here */
	unsigned		 bad;
};

/* Whether a user exists, a password is wrong or an account is locked: the
 * same words. */
static const char *
words_for(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_WRONG:
		return "-ERR [AUTH] login or password wrong";
	case VERDICT_LOCKED:
		return "-ERR [SYS/PERM] this domain's mailboxes are locked";
	case VERDICT_NEEDS_TLS:
		return "-ERR [SYS/PERM] this domain takes no password without "
		    "TLS";
	case VERDICT_IN_USE:
		return "-ERR [IN-USE] another session or program has the "
		    "mailbox";
	case VERDICT_TOO_SOON:
		return "-ERR [LOGIN-DELAY] the last login was a short time "
		    "ago: try again later";
	case VERDICT_REFUSED:
		return "-ERR [SYS/PERM] the mailbox is not as it should be: "
		    "tell the postmaster";
	case VERDICT_OPEN:
	case VERDICT_TEMPORARY:
		break;
	}
	return "-ERR [SYS/TEMP] the mailbox cannot be opened now: try again "
	    "later";
}

/* What is longer fills it, by which the parent knows that it was cut. */
static void
note_name(struct slice given, char name[LOGIN_MAX], uint32_t *len)
{
	*len = given.len < LOGIN_MAX ? (uint32_t)given.len : LOGIN_MAX;
	memset(name, 0, LOGIN_MAX);
	memcpy(name, given.p, *len);
}

static void
user(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	struct slice login = args[0];

	(void)count;
	c->has_user = false;
	/* before the client sends a password for all to read */
	if (c->talker->terms.needs_tls &&
	    !login_names_domain(c->talker->in, login)) {
		dialogue_reply(c->client, "%s", words_for(VERDICT_NEEDS_TLS));
		return;
	}
	note_name(login, c->request->login, &c->request->login_len);
	c->has_user = true;
	dialogue_reply(c->client, "+OK and the password?");
}

/* The parent and who has the login go on from here, with what was read too
 * far. */
static void
hand_over(struct conversation *c)
{
	struct request *r = c->request;

	*r = (struct request){ .kind = REQUEST_HANDOVER,
	    .ahead_len = (uint32_t)c->client->len };
	memcpy(r->ahead, c->client->input + c->client->start, c->client->len);
	if (packet_send(c->parent, r, sizeof *r) == -1)
		c->client->end = END_ERROR;
	c->over = true;
}

static void
refuse(struct conversation *c, const char *words, bool last)
{
	dialogue_reply(c->client, "%s", words);
	if (last) {
		dialogue_flush(c->client);
		c->client->end = END_REFUSED;
	}
}

/* The request has a login: its password, and the parent's answer. */
static void
log_in(struct conversation *c, struct slice password)
{
	struct answer answer;

	c->has_user = false;
	if (password.len > PASSWORD_MAX)
		/* never right, and takes as long */
		password.len = PASSWORD_MAX + 1;
	c->request->kind = REQUEST_LOGIN;
	c->request->says_utf8 = c->says_utf8;
	c->request->password_len = (uint32_t)password.len;
	memcpy(c->request->password, password.p, password.len);
	dialogue_flush(c->client);
	int sent = packet_send(c->parent, c->request, sizeof *c->request);
	explicit_bzero(c->request->password, sizeof c->request->password);
	if (sent == -1 || packet_receive(c->parent, &answer,
	    sizeof answer, c->client->limit) == -1) {
		c->client->end = END_ERROR;
		return;
	}
	if (answer.verdict == VERDICT_OPEN) {
		hand_over(c);
		return;
	}
	answer.words[sizeof answer.words - 1] = '\0';
	refuse(c, answer.words[0] != '\0' ? answer.words :
	    words_for(answer.verdict), answer.last);
}

static void
pass(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;

	(void)count;
	if (!c->has_user) {
		dialogue_reply(c->client, "-ERR USER first");
		return;
	}
	note_name(SLICE(""), c->request->authzid, &c->request->authzid_len);
	c->request->by_auth = false;
	log_in(c, args[0]);
}

/* Where it wants TLS first, no exchange begins: all that a client could tell in
 * it others could read. */
static void
auth(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	struct sasl *sasl = mem_alloc(sizeof *sasl);
	const char *words = words_for(VERDICT_NEEDS_TLS);
	enum auth_end end = AUTH_REFUSED;

	c->has_user = false;
	if (!c->talker->terms.needs_tls)
		end = auth_exchange(c->client, args, count, sasl, &words);
	if (end == AUTH_TOLD) {
		note_name(sasl->login, c->request->login,
		    &c->request->login_len);
		note_name(sasl->authzid, c->request->authzid,
		    &c->request->authzid_len);
		c->request->by_auth = true;
		log_in(c, sasl->password);
	} else if (end != AUTH_GONE)
		refuse(c, words, end == AUTH_TOO_LONG ||
		    ++c->bad == BAD_COMMANDS);
	explicit_bzero(sasl, sizeof *sasl);
	drop_mem(&sasl);
}

static void
capa(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	const struct capa can = {
		.takes_password = !c->talker->terms.needs_tls,
		.offers_tls = c->talker->offers_tls,
		.login_delay = c->talker->terms.login_delay,
		.of_any_user = true,
	};

	(void)args;
	(void)count;
	capa_reply(c->client, &can);
}

/* After the +OK nothing is read here any more: what comes then is vtls'.  What
 * has come already, before the client could know that TLS begins, was put
 * there by somebody on the way: the parent ends it all. */
static void
stls(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	struct answer answer;

	(void)args;
	(void)count;
	/* the record that has the login is used again */
	c->has_user = false;
	*c->request = (struct request){ .kind = REQUEST_STLS,
	    .ahead_len = (uint32_t)c->client->len };
	if (packet_send(c->parent, c->request,
	    sizeof *c->request) == -1 || packet_receive(c->parent,
	    &answer, sizeof answer, c->client->limit) == -1) {
		c->client->end = END_ERROR;
		return;
	}
	if (answer.verdict != VERDICT_OPEN) {
		refuse(c, "-ERR [SYS/TEMP] the certificate cannot be used "
		    "now: try again later", answer.last);
		return;
	}
	dialogue_reply(c->client, "+OK begin TLS now");
	dialogue_flush(c->client);
	c->over = true;
}

/* Messages are sent as they were delivered, and names compared byte by byte, with
 * it and without. */
static void
utf8(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;

	(void)args;
	(void)count;
	c->says_utf8 = true;
	dialogue_reply(c->client, "+OK UTF-8 is welcome");
}

static void
lang(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;

	language_reply(c->client, args, count);
}

static void
quit(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;

	(void)args;
	(void)count;
	dialogue_reply(c->client, "+OK %s POP3 Server (Version %s) shutdown.",
	    c->talker->name, VERSION);
	dialogue_flush(c->client);
	c->client->end = END_QUIT;
}

static bool
offers_tls(const void *arg)
{
	return ((const struct conversation *)arg)->talker->offers_tls;
}

static const struct dialogue_command commands[] = {
	{ .name = "USER", .min = 1, .max = 1, .run = user },
	{ .name = "PASS", .min = 1, .max = 1, .rest = true, .run = pass },
	{ .name = "AUTH", .min = 1, .max = 2, .run = auth },
	{ .name = "CAPA", .run = capa },
	{ .name = "STLS", .available = offers_tls, .run = stls },
	{ .name = "UTF8", .run = utf8 },
	{ .name = "LANG", .max = 1, .run = lang },
	{ .name = "QUIT", .run = quit },
	{ 0 }
};

static void
one_line(struct conversation *c)
{
	struct slice line;
	int got = dialogue_line(c->client, &line);

	if (got == -1)
		return;
	bool done = got == 1 && dialogue_run(commands, c, line);
	/* it may have been a password */
	dialogue_forget(c->client);
	if (done)
		return;
	refuse(c, got == 0 ? "-ERR line too long" :
	    "-ERR not a command before login",
	    got == 0 || ++c->bad == BAD_COMMANDS);
}

static void
talk(const struct talker *talker, int parent)
{
	struct conversation c = { .talker = talker, .parent = parent };

	c.client = dialogue_new(STDIN_FILENO, STDOUT_FILENO, -1,
	    (int64_t)talker->in->conf.login_timeout * 1000);
	c.request = mem_alloc(sizeof *c.request);
	c.client->limit = talker->limit;
	if (talker->greets)
		dialogue_reply(c.client,
		    "+OK %s POP3 Server (Version %s) ready.", talker->name,
		    VERSION);
	while (c.client->end == END_NONE && !c.over)
		one_line(&c);
	explicit_bzero(c.request, sizeof *c.request);
	drop_mem(&c.request);
	drop_dialogue(&c.client);
}

static _Noreturn void
be_talker(const struct talker *talker, int parent)
{
	const int keep[] = { parent, talker->root };
	sigset_t nothing;
	struct err err;

	sigemptyset(&nothing);
	/* a SIGTERM just ends it */
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	confine_fds(keep, talker->root == -1 ? 1 : 2);
	if (confine_to(talker->root, 0, &err) == -1) {
		log_warning("cannot give up rights: %s", err.text);
		_exit(1);
	}
	confine_fds(keep, 1);
	talk(talker, parent);
	_exit(0);
}

int
talker_start(const struct talker *talker, struct child *child, int *socket,
    struct err *err)
{
	int end, forked = packet_fork(child, &end, err);

	if (forked == 0)
		be_talker(talker, end);
	if (forked == -1)
		return -1;
	*socket = end;
	return 0;
}
