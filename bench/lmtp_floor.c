/* lmtp_floor.c: the least that durable deliveries by LMTP cost, to compare
 * vlmtpd with.
 *
 *	lmtp_floor mbox|maildir SOCKET DIRECTORY
 *
 * Serves the socket, a process for each connection.  The inbox of user@domain
 * is DIRECTORY/user.  For each recipient the bytes are written and synced: mbox:
 * open, lock, append, fsync.  Maildir: create in tmp, write, fsync, rename into
 * new, fsync of new.  Then comes its 250.  It believes its client, looks at no
 * settings and no accounts, and knows one identity.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM	"lmtp_floor"
#define FAILED	75
#include "tools.h"
#include "client.h"

enum {
	RECIPIENTS_MAX = 100, USER_MAX = 64, MESSAGE_MAX = 1 << 25, HEAD_MAX = 512,
};

static char users[RECIPIENTS_MAX][USER_MAX];
static int user_count;
/* from HEAD_MAX on; what goes on top before it */
static char message[HEAD_MAX + MESSAGE_MAX];
static size_t message_len;

/* --- the client --------------------------------------------------------- */

static void
reply(const char *line)
{
	say(line);
	say("\r\n");
}

/* CRLF becomes LF; a line that is a dot alone is the end. */
static void
read_message(void)
{
	size_t line = HEAD_MAX, at = HEAD_MAX;

	for (;;) {
		char c = next_byte();
		if (at == sizeof message)
			fail("a message that is too long");
		if (c == '\r')
			continue;
		message[at++] = c;
		if (c != '\n')
			continue;
		if (at - line == 2 && message[line] == '.')
			break;
		line = at;
	}
	message_len = line - HEAD_MAX;
}

/* --- the disk ----------------------------------------------------------- */

/* Puts the text right before the message, and returns where it begins. */
static char *
put_on_top(const char *text)
{
	size_t len = strlen(text);

	return memcpy(message + HEAD_MAX - len, text, len);
}

static void
to_mbox(const char *directory, const char *user)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char head[HEAD_MAX], path[1024], date[32];
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &utc);
	snprintf(head, sizeof head, "From sender@example.net %s\n"
	    "Return-Path: <sender@example.net>\nDelivered-To: %s@example.com\n"
	    "Received: from bench by floor with LMTP;\n\t%s +0000\n", date,
	    user, date);
	char *from = put_on_top(head), *end = message + HEAD_MAX + message_len;
	*end++ = '\n';
	snprintf(path, sizeof path, "%s/%s", directory, user);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || fcntl(fd, F_OFD_SETLKW, &whole) == -1)
		fail(path);
	write_all(fd, from, (size_t)(end - from));
	if (fsync(fd) == -1 || close(fd) == -1)
		fail(path);
}

static void
to_maildir(const char *directory, const char *user)
{
	static unsigned delivered;
	char head[HEAD_MAX], temporary[1024], published[1024], new[1024];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(head, sizeof head,
	    "Return-Path: <sender@example.net>\nDelivered-To: %s@example.org\n"
	    "Received: from bench by floor with LMTP;\n\t%lld\n", user,
	    (long long)now.tv_sec);
	char *from = put_on_top(head), *end = message + HEAD_MAX + message_len;
	snprintf(new, sizeof new, "%.500s/%s/new", directory, user);
	snprintf(temporary, sizeof temporary,
	    "%.500s/%s/tmp/%lld.P%ldQ%u.floor", directory, user,
	    (long long)now.tv_sec, (long)getpid(), ++delivered);
	snprintf(published, sizeof published, "%.700s%s", new,
	    strrchr(temporary, '/'));
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		fail(temporary);
	write_all(fd, from, (size_t)(end - from));
	if (fsync(fd) == -1 || close(fd) == -1 ||
	    rename(temporary, published) == -1)
		fail(published);
	fd = open(new, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1 || close(fd) == -1)
		fail(new);
}

/* --- the conversation --------------------------------------------------- */

static void
add_user(const char *line)
{
	const char *from = strchr(line, '<'), *at = strchr(line, '@');

	if (from == NULL || at == NULL || at - from > USER_MAX ||
	    user_count == RECIPIENTS_MAX)
		fail("a recipient");
	snprintf(users[user_count++], USER_MAX, "%.*s", (int)(at - from - 1),
	    from + 1);
}

static void
serve(void (*deliver)(const char *, const char *), const char *directory)
{
	char line[LINE];

	reply("220 floor");
	for (;;) {
		read_line(line);
		if (strncasecmp(line, "LHLO", 4) == 0) {
			reply("250-floor");
			reply("250 PIPELINING");
			continue;
		}
		if (strncasecmp(line, "RCPT", 4) == 0)
			add_user(line);
		if (strncasecmp(line, "DATA", 4) != 0) {
			reply("250 ok");
			continue;
		}
		reply("354 go on");
		read_message();
		for (int i = 0; i < user_count; i++) {
			deliver(directory, users[i]);
			reply("250 delivered");
			flush();
		}
		user_count = 0;
	}
}

static int
listen_on(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd == -1 || bind(fd, (const struct sockaddr *)&at, sizeof at) ==
	    -1 || listen(fd, SOMAXCONN) == -1)
		fail(path);
	return fd;
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: lmtp_floor mbox|maildir SOCKET DIRECTORY\n",
		    stderr);
		return 75;
	}
	int listener = listen_on(argv[2]);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd == -1)
			fail("accept");
		if (fork() == 0) {
			if (dup2(fd, STDIN_FILENO) == -1 ||
			    dup2(fd, STDOUT_FILENO) == -1)
				fail("dup2");
			close(fd);
			close(listener);
			serve(strcmp(argv[1], "mbox") == 0 ? to_mbox :
			    to_maildir, argv[3]);
		}
		close(fd);
	}
}
