/* lmtp_drive.c: sends messages by LMTP over some connections at once, and says
 * how long it took.
 *
 *	lmtp_drive SOCKET CONNECTIONS MESSAGES RECIPIENTS ACCOUNTS DOMAIN MESSAGE
 *
 * The accounts are user0@DOMAIN, user1@DOMAIN ...; each message goes to the
 * next RECIPIENTS of them.  A connection sends its commands ahead, as MTAs do
 * (PIPELINING), and the next message when it has all replies.  Prints the
 * nanoseconds from the first command to the last reply.  A reply that is no
 * success ends it, and it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM	"lmtp_drive"
#define FAILED	1
#include "tools.h"

enum {
	CONNECTIONS_MAX = 64, MESSAGES_MAX = 1000000, RECIPIENTS_MAX = 100,
	ACCOUNTS_MAX = 10000,
	COMMANDS_MAX = RECIPIENTS_MAX * 100 + 200,
	MESSAGE_MAX = 1 << 24,
	SECONDS_MAX = 300,		/* then an alarm ends us */
};

/* What is waited for. */
enum stage { GREETING, LHLO, ENVELOPE, MESSAGE, DONE };

struct connection {
	int		 fd;
	enum stage	 stage;
	long		 replies;	/* still to come in this stage */
	size_t		 len;		/* of a line that has no end yet */
	char		 line[1024];
	/* what is being sent */
	const char	*out;
	size_t		 left;
	char		 commands[COMMANDS_MAX];
};

static struct connection connections[CONNECTIONS_MAX];
static struct pollfd polls[CONNECTIONS_MAX];
static long messages, recipients, accounts, next_account;
static const char *domain;
/* as DATA sends it */
static char *message;
static size_t message_len;

/* Its lines begin with no dot: CRLF is all that it needs. */
static void
read_message(const char *path)
{
	FILE *f = fopen(path, "r");
	int c;

	message = malloc(2 * MESSAGE_MAX);
	if (f == NULL || message == NULL)
		fail(path);
	while ((c = getc(f)) != EOF && message_len < 2 * MESSAGE_MAX - 8) {
		if (c == '\n')
			message[message_len++] = '\r';
		message[message_len++] = (char)c;
	}
	fclose(f);
	memcpy(message + message_len, ".\r\n", 3);
	message_len += 3;
}

static void
reach(struct connection *c, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd == -1 || connect(c->fd, (const struct sockaddr *)&to,
	    sizeof to) == -1 || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1)
		fail(path);
	c->replies = 1;
}

static void
send_some(struct connection *c)
{
	ssize_t n = send(c->fd, c->out, c->left, MSG_NOSIGNAL);

	if (n == -1 && errno != EAGAIN)
		fail("send");
	if (n > 0) {
		c->out += n;
		c->left -= (size_t)n;
	}
}

static void
begin(struct connection *c, enum stage stage, const char *out, size_t len,
    long replies)
{
	c->stage = stage;
	c->out = out;
	c->left = len;
	c->replies = replies;
	send_some(c);
}

static void
begin_message(struct connection *c)
{
	char *to = c->commands, *end = to + sizeof c->commands;

	if (messages-- <= 0) {
		c->stage = DONE;
		return;
	}
	to += snprintf(to, (size_t)(end - to),
	    "MAIL FROM:<sender@example.net>\r\n");
	for (long i = 0; i < recipients; i++)
		to += snprintf(to, (size_t)(end - to),
		    "RCPT TO:<user%ld@%.60s>\r\n", next_account++ % accounts,
		    domain);
	to += snprintf(to, (size_t)(end - to), "DATA\r\n");
	begin(c, ENVELOPE, c->commands, (size_t)(to - c->commands),
	    recipients + 2);
}

/* All replies of the stage are there. */
static void
go_on(struct connection *c)
{
	static const char hello[] = "LHLO bench\r\n";

	switch (c->stage) {
	case GREETING:
		begin(c, LHLO, hello, sizeof hello - 1, 1);
		break;
	case LHLO:
	case MESSAGE:
		begin_message(c);
		break;
	case ENVELOPE:
		begin(c, MESSAGE, message, message_len, recipients);
		break;
	case DONE:
		break;
	}
}

static void
take_line(struct connection *c)
{
	if (c->line[0] != '2' && c->line[0] != '3') {
		fprintf(stderr, "lmtp_drive: %.*s\n", (int)c->len, c->line);
		exit(1);
	}
	if (c->line[3] == ' ' && --c->replies == 0)
		go_on(c);
	c->len = 0;
}

static void
hear(struct connection *c)
{
	char text[16384];
	ssize_t n = recv(c->fd, text, sizeof text, 0);

	if (n == 0 || (n == -1 && errno != EAGAIN))
		fail("the connection ended");
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			take_line(c);
		else if (c->len < sizeof c->line)
			c->line[c->len++] = text[i];
	}
}

/* False: all have come to their end. */
static bool
step(long count)
{
	long open = 0;

	for (long i = 0; i < count; i++) {
		struct connection *c = &connections[i];
		polls[i] = (struct pollfd){ .fd = c->fd, .events =
		    (short)(POLLIN | (c->left > 0 ? POLLOUT : 0)) };
		open += c->stage != DONE;
	}
	if (open == 0)
		return false;
	if (poll(polls, (nfds_t)count, -1) == -1)
		fail("poll");
	for (long i = 0; i < count; i++) {
		if ((polls[i].revents & POLLOUT) != 0)
			send_some(&connections[i]);
		if ((polls[i].revents & ~POLLOUT) != 0)
			hear(&connections[i]);
	}
	return true;
}

static long long
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int
main(int argc, char **argv)
{
	if (argc != 8) {
		fputs("usage: lmtp_drive SOCKET CONNECTIONS MESSAGES "
		    "RECIPIENTS ACCOUNTS DOMAIN MESSAGE\n", stderr);
		return 1;
	}
	long count = number(argv[2], CONNECTIONS_MAX);
	messages = number(argv[3], MESSAGES_MAX);
	recipients = number(argv[4], RECIPIENTS_MAX);
	accounts = number(argv[5], ACCOUNTS_MAX);
	domain = argv[6];
	read_message(argv[7]);
	alarm(SECONDS_MAX);
	for (long i = 0; i < count; i++)
		reach(&connections[i], argv[1]);
	long long began = now_ns();
	while (step(count))
		continue;
	printf("%lld\n", now_ns() - began);
	return 0;
}
