/* lmtp_session.c: LMTP with a client (RFC 2033): the talker. */
#include "lmtp_session.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lmtp_envelope.h"
#include "lmtp_message.h"
#include "lmtp_talk.h"
#include "scope.h"

enum { RECIPIENTS_MAX = 10000 };	/* of one message */

/* --- the envelope ------------------------------------------------------- */

static bool
can_be_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || strchr(".-_:[]", c) != NULL;
}

/* Whatever it says is only written into Received. */
static void
lhlo(void *arg, const struct slice *args, size_t count)
{
	struct talk *t = arg;
	struct slice name = count > 0 ? slice_trim(args[0]) : SLICE("");
	bool fits = name.len <= TALK_NAME;

	if (name.len == 0) {
		talk_bad(t, "501 5.5.4 LHLO needs a name");
		return;
	}
	talk_reset(t);
	for (size_t i = 0; i < name.len && fits; i++)
		fits = name.p[i] != '\0' && can_be_name(name.p[i]);
	snprintf(t->client, sizeof t->client, "%.*s",
	    fits ? (int)name.len : 7, fits ? name.p : "unknown");
	dialogue_reply(t->d, "250-%s", t->session->hostname);
	dialogue_reply(t->d, "250-PIPELINING");
	dialogue_reply(t->d, "250-ENHANCEDSTATUSCODES");
	dialogue_reply(t->d, "250-8BITMIME");
	dialogue_reply(t->d, "250-SMTPUTF8");
	dialogue_reply(t->d, "250-CHUNKING");
	dialogue_reply(t->d, "250 SIZE %llu",
	    (unsigned long long)t->session->max_size);
}

static void
helo(void *arg, const struct slice *args, size_t count)
{
	(void)args;
	(void)count;
	talk_bad(arg, "500 5.5.1 this is LMTP: say LHLO");
}

/* "FROM:" or "TO:", and what follows it. */
static bool
after_keyword(const struct slice *args, size_t count, const char *keyword,
    struct slice *rest)
{
	size_t n = strlen(keyword);

	if (count == 0 || args[0].len < n ||
	    !slice_same((struct slice){ args[0].p, n }, slice_of(keyword)))
		return false;
	*rest = slice_from(args[0], n);
	return true;
}

static void
mail(void *arg, const struct slice *args, size_t count)
{
	struct talk *t = arg;
	struct lmtp_path path;
	const char *refusal;
	struct slice rest;

	if (t->client[0] == '\0' || t->has_sender)
		talk_bad(t, t->has_sender ? "503 5.5.1 MAIL was there already" :
		    "503 5.5.1 LHLO first");
	else if (!after_keyword(args, count, "FROM:", &rest))
		talk_bad(t, "501 5.5.4 syntax: MAIL FROM:<address>");
	else if (lmtp_parse_mail(rest, &path, &refusal) == -1)
		talk_bad(t, refusal);
	else if (t->session->max_size != 0 && path.size > t->session->max_size)
		dialogue_reply(t->d, "552 5.3.4 more than %llu bytes",
		    (unsigned long long)t->session->max_size);
	else {
		memcpy(t->sender, path.address.p, path.address.len);
		t->sender_len = (uint32_t)path.address.len;
		t->has_sender = true;
		t->utf8 = path.utf8;
		t->size = path.size;
		dialogue_reply(t->d, "250 2.1.0 ok");
	}
}

static void
ask_for_recipient(struct talk *t, struct slice address)
{
	struct outcome o;

	if (!talk_ask(t, LMTP_RECIPIENT, address) || !talk_hear(t, &o, NULL))
		return;
	t->recipients += o.kind == OUTCOME_DONE;
	talk_reply(t, &o);
}

static void
rcpt(void *arg, const struct slice *args, size_t count)
{
	struct talk *t = arg;
	struct lmtp_path path;
	const char *refusal;
	struct slice rest;

	if (!t->has_sender)
		talk_bad(t, "503 5.5.1 MAIL first");
	else if (t->in_chunks)
		talk_bad(t, "503 5.5.1 BDAT has begun the message");
	else if (!after_keyword(args, count, "TO:", &rest))
		talk_bad(t, "501 5.5.4 syntax: RCPT TO:<address>");
	else if (lmtp_parse_rcpt(rest, t->utf8, &path, &refusal) == -1)
		talk_bad(t, refusal);
	else if (t->recipients == RECIPIENTS_MAX)
		dialogue_reply(t->d, "452 4.5.3 too many recipients");
	else
		ask_for_recipient(t, path.address);
}

/* --- the rest ----------------------------------------------------------- */

static void
rset(void *arg, const struct slice *args, size_t count)
{
	struct talk *t = arg;

	(void)args;
	if (count > 0) {
		talk_bad(t, "501 5.5.4 RSET stands alone");
		return;
	}
	talk_reset(t);
	dialogue_reply(t->d, "250 2.0.0 ok");
}

static void
noop(void *arg, const struct slice *args, size_t count)
{
	(void)args;
	(void)count;
	dialogue_reply(((struct talk *)arg)->d, "250 2.0.0 ok");
}

static void
vrfy(void *arg, const struct slice *args, size_t count)
{
	(void)args;
	(void)count;
	dialogue_reply(((struct talk *)arg)->d,
	    "252 2.0.0 RCPT tells whether there is such a mailbox");
}

static void
not_here(void *arg, const struct slice *args, size_t count)
{
	(void)args;
	(void)count;
	talk_bad(arg, "502 5.5.1 not available in this version");
}

/* A web browser that somebody sent here: what follows is not for us. */
static void
http(void *arg, const struct slice *args, size_t count)
{
	(void)args;
	(void)count;
	talk_close(arg, END_REFUSED, "4.7.0", "does not speak HTTP");
}

/* All of the table but what it has only to refuse in words of its own. */
static void
help(void *arg, const struct slice *args, size_t count)
{
	SCOPED(drop_str) struct str names = { 0 };
	struct talk *t = arg;

	(void)args;
	(void)count;
	for (const struct dialogue_command *c = t->commands; c->name != NULL;
	    c++)
		if (c->run != helo && c->run != not_here &&
		    c->run != http)
			str_addf(&names, " %s", c->name);
	dialogue_reply(t->d, "214 2.0.0%s", str_text(&names));
}

static void
quit(void *arg, const struct slice *args, size_t count)
{
	struct talk *t = arg;

	(void)args;
	if (count > 0) {
		talk_bad(t, "501 5.5.4 QUIT stands alone");
		return;
	}
	dialogue_reply(t->d, "221 2.0.0 %s closes", t->session->hostname);
	dialogue_flush(t->d);
	t->d->end = END_QUIT;
}

static const struct dialogue_command commands[] = {
	{ .name = "LHLO", .max = 1, .rest = true, .run = lhlo },
	{ .name = "MAIL", .max = 1, .rest = true, .run = mail },
	{ .name = "RCPT", .max = 1, .rest = true, .run = rcpt },
	{ .name = "DATA", .max = 1, .rest = true, .run = lmtp_message_data },
	{ .name = "BDAT", .max = 1, .rest = true, .run = lmtp_message_bdat },
	{ .name = "RSET", .max = 1, .rest = true, .run = rset },
	{ .name = "NOOP", .max = 1, .rest = true, .run = noop },
	{ .name = "VRFY", .max = 1, .rest = true, .run = vrfy },
	{ .name = "HELP", .max = 1, .rest = true, .run = help },
	{ .name = "QUIT", .max = 1, .rest = true, .run = quit },
	{ .name = "HELO", .max = 1, .rest = true, .run = helo },
	{ .name = "EHLO", .max = 1, .rest = true, .run = helo },
	{ .name = "GET", .max = 1, .rest = true, .run = http },
	{ .name = "POST", .max = 1, .rest = true, .run = http },
	{ .name = "CONNECT", .max = 1, .rest = true, .run = http },
	{ .name = "EXPN", .max = 1, .rest = true, .run = not_here },
	{ 0 }
};

/* Blanks at the end of a command say nothing (RFC 5321 4.1.1). */
static struct slice
without_blanks(struct slice line)
{
	while (line.len > 0 && (line.p[line.len - 1] == ' ' ||
	    line.p[line.len - 1] == '\t'))
		line.len--;
	return line;
}

static void
one_line(struct talk *t)
{
	struct slice line;
	int got = dialogue_line(t->d, &line);

	if (got == 0)
		talk_bad(t, "500 5.5.2 the line is too long");
	else if (got == 1 && !dialogue_run(commands, t, without_blanks(line)))
		talk_bad(t, "500 5.5.1 no such command");
}

/* The client is told, as far as it still listens. */
static void
say_why(struct talk *t, enum dialogue_end why)
{
	if (why != END_TERMINATED && why != END_TIMEOUT)
		return;
	t->d->end = END_NONE;
	t->d->stop = -1;
	t->d->limit = deadline_in(1000);
	if (why == END_TIMEOUT)
		talk_close(t, why, "4.4.2", "waited long enough");
	else
		talk_close(t, why, "4.3.2", "is going down");
}

enum dialogue_end
lmtp_session_run(const struct lmtp_session *session)
{
	SCOPED(drop_dialogue) struct dialogue *d = dialogue_new(STDIN_FILENO,
	    STDOUT_FILENO, session->stop, session->idle_ms);
	struct talk t = { .session = session, .commands = commands, .d = d,
		.message = LMTP_RECEIVING_NONE };

	d->reads_ahead = true;
	dialogue_reply(d, "220 %s LMTP vmail ready", session->hostname);
	while (d->end == END_NONE)
		one_line(&t);
	enum dialogue_end why = d->end;
	say_why(&t, why);
	talk_no_message(&t);
	return why;
}
