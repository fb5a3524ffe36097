/* floor.c: the least that a durable delivery costs, to compare vdeliver with.
 *
 *	floor mbox|maildir PASSWD USER INBOX < message
 *
 * Reads a passwd file, and does what makes a message safe.  mbox: read it to
 * the end, open, lock, append, fsync.  Maildir: create in tmp, write while
 * reading, fsync, rename into new, fsync of new.  No rules, no checks, no other
 * identity.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM	"floor"
#define FAILED	75
#include "tools.h"

enum {
	MESSAGE_MAX = 1 << 26, PASSWD_MAX = 1 << 20, HEAD_MAX = 1024,
	CHUNK = 65536,
};

/* from HEAD_MAX on; what goes on top before it */
static char message[HEAD_MAX + MESSAGE_MAX + 1];
static char passwd[PASSWD_MAX + 1];

static size_t
read_all(int fd, char *to, size_t max)
{
	size_t got = 0;
	ssize_t n;

	while (got < max && (n = read(fd, to + got, max - got)) != 0) {
		if (n == -1)
			fail("read");
		got += (size_t)n;
	}
	return got;
}

static bool
has_user(const char *path, const char *user)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = strlen(user);

	if (fd == -1)
		fail(path);
	passwd[read_all(fd, passwd, PASSWD_MAX)] = '\0';
	close(fd);
	for (const char *line = passwd; line != NULL;
	    line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, user, len) == 0 && line[len] == ':')
			return true;
	}
	return false;
}

/* Puts the text right before the message, and returns where it begins. */
static char *
put_on_top(const char *text)
{
	size_t len = strlen(text);

	return memcpy(message + HEAD_MAX - len, text, len);
}

static void
to_mbox(const char *path, const char *user)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	size_t len = read_all(STDIN_FILENO, message + HEAD_MAX, MESSAGE_MAX);
	char head[HEAD_MAX], date[32];
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &utc);
	snprintf(head, sizeof head, "From sender@example.net %s\n"
	    "Return-Path: <sender@example.net>\nDelivered-To: "
	    "%.64s@example.com\n", date, user);
	char *from = put_on_top(head), *end = message + HEAD_MAX + len;
	*end++ = '\n';
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || fcntl(fd, F_OFD_SETLKW, &whole) == -1)
		fail(path);
	write_all(fd, from, (size_t)(end - from));
	if (fsync(fd) == -1 || close(fd) == -1)
		fail(path);
}

static void
to_maildir(const char *path, const char *user)
{
	size_t len = read_all(STDIN_FILENO, message + HEAD_MAX, CHUNK);

	char head[HEAD_MAX], temporary[4096], published[4096], new[4096];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(head, sizeof head,
	    "Return-Path: <sender@example.net>\nDelivered-To: "
	    "%.64s@example.org\n", user);
	char *from = put_on_top(head);
	size_t size = (size_t)(message + HEAD_MAX + len - from);
	snprintf(new, sizeof new, "%.2000s/new", path);
	snprintf(temporary, sizeof temporary,
	    "%.2000s/tmp/%lld.M%ldP%ld.floor", path,
	    (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid());
	snprintf(published, sizeof published, "%s%s", new,
	    strrchr(temporary, '/'));
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		fail(temporary);
	for (write_all(fd, from, size); len == CHUNK;
	    write_all(fd, message, len))
		len = read_all(STDIN_FILENO, message, CHUNK);
	if (fsync(fd) == -1 || close(fd) == -1 ||
	    rename(temporary, published) == -1)
		fail(published);
	fd = open(new, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		fail(new);
}

int
main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: floor mbox|maildir PASSWD USER INBOX\n", stderr);
		return 75;
	}
	if (!has_user(argv[2], argv[3]))
		return 67;
	(strcmp(argv[1], "mbox") == 0 ? to_mbox : to_maildir)(argv[4], argv[3]);
	return 0;
}
