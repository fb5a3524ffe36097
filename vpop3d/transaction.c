/* transaction.c: the commands of a session that has its mailbox open. */
#include "transaction.h"

#include <stdio.h>
#include <string.h>

#include "capa.h"
#include "language.h"
#include "retrieve.h"

enum { LOOK_MS = 1000 };

/* --- arguments ----------------------------------------------------------- */

/* "1" is message 0.  -1: there is none, or it is marked; the client knows. */
static int
message_of(struct transaction *t, struct slice arg, size_t *index)
{
	uint64_t number;

	if (slice_number(arg, UINT64_MAX, &number) == -1 || number == 0 ||
	    number > t->drop->count) {
		dialogue_reply(t->client, "-ERR no such message");
		return -1;
	}
	if (t->drop->messages[number - 1].deleted) {
		dialogue_reply(t->client, "-ERR message %llu is deleted",
		    (unsigned long long)number);
		return -1;
	}
	*index = (size_t)number - 1;
	return 0;
}

static void
note(struct transaction *t, const struct err *err)
{
	if (err->kind == ERR_NONE)
		return;
	snprintf(t->report->text, sizeof t->report->text, "%s", err->text);
}

/* Reading a large mailbox for its sizes takes a while, of which the client sees
 * nothing.  END_NONE: it is still worth it, as far as we looked. */
static enum dialogue_end
look_around(const struct transaction *t, struct deadline *next)
{
	if (!deadline_over(*next))
		return END_NONE;
	*next = deadline_in(LOOK_MS);
	return dialogue_look(t->client);
}

/* One that another program took away is empty for good: RETR will say why. */
static int
measure(struct transaction *t, size_t index)
{
	struct err err;

	if (maildrop_measure(t->drop, index, &err) == 0)
		return 0;
	note(t, &err);
	/* One that cannot be had at all does not stand before all others. */
	if (err.kind != ERR_ABSENT && err.kind != ERR_REFUSED)
		return -1;
	t->drop->messages[index].measured = true;
	return 0;
}

/* Of all messages that are not marked.  -1: one cannot be measured, and counts
 * as empty; or the session has ended meanwhile. */
static int
sum_up(struct transaction *t, uint64_t *count, uint64_t *octets)
{
	struct deadline next = deadline_in(LOOK_MS);
	int result = 0;

	*count = *octets = 0;
	for (size_t i = 0; i < t->drop->count; i++) {
		if (t->drop->messages[i].deleted)
			continue;
		t->client->end = look_around(t, &next);
		if (t->client->end != END_NONE)
			return -1;
		if (measure(t, i) == -1)
			result = -1;
		++*count;
		*octets += t->drop->messages[i].octets;
	}
	return result;
}

static void
cannot_measure(struct transaction *t)
{
	dialogue_reply(t->client, "-ERR [SYS/TEMP] a message cannot be read "
	    "now");
}

static void
accessed(struct transaction *t, size_t index)
{
	if (index + 1 > t->last)
		t->last = index + 1;
}

/* --- commands ------------------------------------------------------------ */

static void
stat(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	uint64_t messages, octets;

	(void)args;
	(void)count;
	if (sum_up(t, &messages, &octets) == -1)
		cannot_measure(t);
	else
		dialogue_reply(t->client, "+OK %llu %llu",
		    (unsigned long long)messages, (unsigned long long)octets);
}

/* LIST and UIDL differ in what they say of a message. */
typedef void line_of(struct transaction *t, const char *prefix, size_t index);

static const char *
decimal(char text[24], uint64_t number)
{
	char *p = text + 23;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return p;
}

/* By hand: of a large mailbox there are a hundred thousand. */
static void
add_line(struct transaction *t, const char *prefix, size_t index,
    const char *text)
{
	char number[24], line[32 + MAILDROP_UID_MAX], *end = line;

	end = stpcpy(end, prefix);
	end = stpcpy(end, decimal(number, index + 1));
	*end++ = ' ';
	end = stpcpy(end, text);
	end = stpcpy(end, "\r\n");
	dialogue_add(t->client, line, (size_t)(end - line));
}

static void
size_line(struct transaction *t, const char *prefix, size_t index)
{
	char number[24];

	if (measure(t, index) == -1)
		cannot_measure(t);
	else
		add_line(t, prefix, index, decimal(number,
		    t->drop->messages[index].octets));
}

static void
uid_line(struct transaction *t, const char *prefix, size_t index)
{
	add_line(t, prefix, index, t->drop->messages[index].uid);
}

static void
scan_listing(struct transaction *t, const struct slice *args, size_t count,
    line_of *line)
{
	size_t index;

	if (count == 1) {
		if (message_of(t, args[0], &index) == 0)
			line(t, "+OK ", index);
		return;
	}
	dialogue_reply(t->client, "+OK the list follows");
	for (size_t i = 0; i < t->drop->count && t->client->end == END_NONE; i++)
		if (!t->drop->messages[i].deleted)
			line(t, "", i);
	dialogue_reply(t->client, ".");
}

static void
list(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	uint64_t messages, octets;

	/* all of them before the first line says that there is a list */
	if (count == 0 && sum_up(t, &messages, &octets) == -1)
		cannot_measure(t);
	else
		scan_listing(t, args, count, size_line);
}

static void
uidl(void *arg, const struct slice *args, size_t count)
{
	scan_listing(arg, args, count, uid_line);
}

static void
cannot_read(struct transaction *t, const struct err *err)
{
	note(t, err);
	if (t->client->end == END_NONE)
		dialogue_reply(t->client, "-ERR [SYS/TEMP] the message cannot be read "
		    "now");
}

static void
retr(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	struct err err;
	size_t index;

	(void)count;
	if (message_of(t, args[0], &index) == -1)
		return;
	int got = maildrop_measure(t->drop, index, &err);
	if (got == 0)
		got = retrieve(t->client, t->drop, index, UINT64_MAX, &err);
	if (got == -1) {
		cannot_read(t, &err);
		return;
	}
	if (got == 1)
		note(t, &err);
	/* A client that went meanwhile does not have it. */
	if (t->client->end != END_NONE)
		return;
	accessed(t, index);
	t->report->retrieved++;
	t->report->retrieved_octets += t->drop->messages[index].octets;
}

static void
top(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	struct err err;
	uint64_t lines;
	size_t index;

	(void)count;
	if (slice_number(args[1], UINT64_MAX - 1, &lines) == -1) {
		dialogue_reply(t->client, "-ERR not a number of lines");
		return;
	}
	if (message_of(t, args[0], &index) == 0 &&
	    retrieve(t->client, t->drop, index, lines, &err) == -1)
		cannot_read(t, &err);
}

static void
dele(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	size_t index;

	(void)count;
	if (t->keeps_all) {
		dialogue_reply(t->client, "-ERR this mailbox is granted to you "
		    "for reading alone");
		return;
	}
	if (message_of(t, args[0], &index) == -1)
		return;
	t->drop->messages[index].deleted = true;
	accessed(t, index);
	dialogue_reply(t->client, "+OK message %zu is deleted at QUIT", index + 1);
}

static void
rset(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;

	(void)args;
	(void)count;
	for (size_t i = 0; i < t->drop->count; i++)
		t->drop->messages[i].deleted = false;
	t->last = 0;
	dialogue_reply(t->client, "+OK no message is deleted");
}

static void
noop(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;

	(void)args;
	(void)count;
	dialogue_reply(t->client, "+OK");
}

static void
last(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;

	(void)args;
	(void)count;
	dialogue_reply(t->client, "+OK %llu", (unsigned long long)t->last);
}

static void
capa(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;

	(void)args;
	(void)count;
	capa_reply(t->client, &(struct capa){ .takes_password = true,
	    .login_delay = t->login_delay });
}

static void
lang(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;

	language_reply(t->client, args, count);
}

/* --- UPDATE -------------------------------------------------------------- */

/* While they are there: the log tells their octets.  What a client that has
 * gone asked for is done; -1: we are to end, and nothing has been done. */
static int
measure_marked(struct transaction *t)
{
	struct deadline next = deadline_in(LOOK_MS);

	for (size_t i = 0; i < t->drop->count; i++) {
		if (!t->drop->messages[i].deleted)
			continue;
		if (look_around(t, &next) == END_TERMINATED) {
			t->client->end = END_TERMINATED;
			return -1;
		}
		measure(t, i);
	}
	return 0;
}

static void
report_removed(struct transaction *t)
{
	for (size_t i = 0; i < t->drop->count; i++) {
		if (!t->drop->messages[i].removed)
			continue;
		t->report->deleted++;
		t->report->deleted_octets += t->drop->messages[i].octets;
	}
}

/* The reply tells what is on disk, so it waits for the disk. */
static void
quit(void *arg, const struct slice *args, size_t count)
{
	struct transaction *t = arg;
	struct err err;

	(void)args;
	(void)count;
	if (measure_marked(t) == -1)
		return;
	if (maildrop_commit(t->drop, deadline_in((int64_t)t->lock_ms),
	    &err) == -1) {
		note(t, &err);
		dialogue_reply(t->client, "-ERR [SYS/TEMP] some deleted messages may "
		    "not have been removed");
	} else {
		note(t, &t->drop->note);
		dialogue_reply(t->client, "+OK %s POP3 Server (Version %s) shutdown.",
		    t->name, VERSION);
	}
	report_removed(t);
	/* before the client can come again */
	drop_maildrop(&t->drop);
	dialogue_flush(t->client);
	if (t->client->end == END_NONE)
		t->client->end = END_QUIT;
}

static const struct dialogue_command commands[] = {
	{ .name = "STAT", .run = stat },
	{ .name = "LIST", .max = 1, .run = list },
	{ .name = "RETR", .min = 1, .max = 1, .run = retr },
	{ .name = "DELE", .min = 1, .max = 1, .run = dele },
	{ .name = "UIDL", .max = 1, .run = uidl },
	{ .name = "TOP", .min = 2, .max = 2, .run = top },
	{ .name = "NOOP", .run = noop },
	{ .name = "RSET", .run = rset },
	{ .name = "LAST", .run = last },
	{ .name = "CAPA", .run = capa },
	{ .name = "LANG", .max = 1, .run = lang },
	{ .name = "QUIT", .run = quit },
	{ 0 }
};

void
transaction_run(struct transaction *t)
{
	struct slice line;
	int got;

	note(t, &t->drop->note);
	while (t->client->end == END_NONE &&
	    (got = dialogue_line(t->client, &line)) != -1) {
		if (got == 0)
			dialogue_reply(t->client, "-ERR line too long");
		else if (!dialogue_run(commands, t, line))
			dialogue_reply(t->client, "-ERR not a command now, or not with "
			    "these arguments");
	}
}
