/* talker.c: what meets a client that nobody knows yet: greeting, USER, PASS. */
#include <stdbool.h>

#include "talker.h"

#include <string.h>
#include <unistd.h>

#include "capa.h"
#include "mem.h"
#include "dialogue.h"
#include "packet.h"
#include "wire.h"

enum {
	BAD_COMMANDS = 20,
	LOGIN_MAX = WIRE_LOGIN,
};

struct conversation {
	const struct talker	*talker;
	struct dialogue		*client;
	struct request		*request;
	bool			 has_user;
	bool			 handed_over;
	unsigned		 bad;
};

static void
user(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	struct slice login = args[0];

	(void)count;
	if (login.len > LOGIN_MAX)
		/* nobody is called that, either */
		login.len = LOGIN_MAX;
	memset(c->request->login, 0, sizeof c->request->login);
	memcpy(c->request->login, login.p, login.len);
	c->request->login_len = (uint32_t)login.len;
	c->has_user = true;
	dialogue_reply(c->client, "+OK and the password?");
}

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
	case VERDICT_MAIN:
		return "-ERR [SYS/TEMP] logins without a domain need a native "
		    "pop3d here";
	case VERDICT_IN_USE:
		return "-ERR [IN-USE] another session or program has the "
		    "mailbox";
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

/* The parent and the session go on from here, with what was read too far. */
static void
hand_over(struct conversation *c)
{
	struct request *r = c->request;

	*r = (struct request){ .kind = REQUEST_HANDOVER,
	    .ahead_len = (uint32_t)c->client->len };
	memcpy(r->ahead, c->client->input + c->client->start, c->client->len);
	if (packet_send(c->talker->parent, r, sizeof *r) == -1)
		c->client->end = END_ERROR;
	c->handed_over = true;
}

static void
pass(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;
	struct slice password = args[0];
	struct answer answer;

	(void)count;
	if (!c->has_user) {
		dialogue_reply(c->client, "-ERR USER first");
		return;
	}
	c->has_user = false;
	if (password.len > PASSWORD_MAX)
		/* never right, and takes as long */
		password.len = PASSWORD_MAX + 1;
	c->request->kind = REQUEST_LOGIN;
	c->request->password_len = (uint32_t)password.len;
	memcpy(c->request->password, password.p, password.len);
	dialogue_flush(c->client);
	int sent = packet_send(c->talker->parent, c->request, sizeof *c->request);
	explicit_bzero(c->request->password, sizeof c->request->password);
	if (sent == -1 || packet_receive(c->talker->parent, &answer,
	    sizeof answer, c->client->limit) == -1) {
		c->client->end = END_ERROR;
		return;
	}
	if (answer.verdict == VERDICT_OPEN) {
		hand_over(c);
		return;
	}
	dialogue_reply(c->client, "%s", words_for(answer.verdict));
	if (answer.last) {
		dialogue_flush(c->client);
		c->client->end = END_REFUSED;
	}
}

static void
capa(void *arg, const struct slice *args, size_t count)
{
	struct conversation *c = arg;

	(void)args;
	(void)count;
	capa_reply(c->client, !c->talker->needs_tls);
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

static const struct dialogue_command commands[] = {
	{ .name = "USER", .min = 1, .max = 1, .run = user },
	{ .name = "PASS", .min = 1, .max = 1, .rest = true, .run = pass },
	{ .name = "CAPA", .run = capa },
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
	if (got == 1 && dialogue_run(commands, c, line))
		return;
	dialogue_reply(c->client, got == 0 ? "-ERR line too long" :
	    "-ERR not a command before login");
	if (got == 0 || ++c->bad == BAD_COMMANDS) {
		dialogue_flush(c->client);
		c->client->end = END_REFUSED;
	}
}

void
talker_run(const struct talker *talker)
{
	struct conversation c = { .talker = talker };
	int64_t ms = (int64_t)talker->timeout * 1000;

	c.client = mem_alloc(sizeof *c.client);
	c.request = mem_alloc(sizeof *c.request);
	c.client->in = STDIN_FILENO;
	c.client->out = STDOUT_FILENO;
	c.client->stop = -1;
	c.client->idle_ms = ms;
	c.client->limit = deadline_in(ms);
	dialogue_reply(c.client, "+OK %s POP3 Server (Version %s) ready.", talker->name,
	    VERSION);
	while (c.client->end == END_NONE && !c.handed_over)
		one_line(&c);
	drop_mem(&c.request);
	drop_mem(&c.client);
}
