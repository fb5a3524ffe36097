/* pop_floor.c: the least that POP3 sessions cost, to compare vpop3d with.
 *
 *	pop_floor DIRECTORY
 *	pop_floor DIRECTORY ADDRESS PORT
 *
 * Serves a connection that it was given, or listens and has a process for
 * each.  It believes its client, looks at no settings and no accounts, and
 * knows one identity.  The mailbox of a user is DIRECTORY/USER, an mbox or a
 * Maildir (a directory).  UIDL reads the mbox, or the names in new and cur, and
 * says a line for each message.  STAT looks at each file of a Maildir, and into
 * none.  RETR sends the file DIRECTORY/USER.wire by
 * sendfile(), whatever the number.  DELE of the first message copies the rest
 * of an mbox to a new file, syncs, renames, and syncs the directory; of another
 * one it cuts the last message off and syncs; in a Maildir it removes the first
 * name that it meets, and syncs.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PROGRAM	"pop_floor"
#define FAILED	75
#include "tools.h"
#include "client.h"

enum { CHUNK = 65536, PATH = 512 };

static char mailbox[PATH], wire[PATH + 8], temporary[PATH + 8];
static const char *directory;
static long deletes;			/* a number; 0: none */

/* --- the mailbox -------------------------------------------------------- */

static void
say_uid(long n)
{
	char line[64];

	snprintf(line, sizeof line, "%ld %032ld\r\n", n, n);
	say(line);
}

/* Where the next "\nFrom " begins, from at on. */
static const char *
next_from(const char *at, const char *end)
{
	return memmem(at, (size_t)(end - at), "\nFrom ", 6);
}

static void
list_mbox(int fd)
{
	static char chunk[CHUNK];
	size_t kept = 0;
	long count = 0;
	ssize_t n;

	chunk[kept++] = '\n';
	while ((n = read(fd, chunk + kept, sizeof chunk - kept)) > 0) {
		const char *end = chunk + kept + n, *at = chunk;
		while ((at = next_from(at, end)) != NULL) {
			say_uid(++count);
			at += 6;
		}
		/* what may be the beginning of one */
		kept = kept + (size_t)n < 5 ? kept + (size_t)n : 5;
		memmove(chunk, end - kept, kept);
	}
}

static void
say_name(int dir, const char *name)
{
	static long count;

	(void)dir;
	(void)name;
	say_uid(++count);
}

static long long bytes;

static void
add_size(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bytes += st.st_size;
}

static void
each_name(int parent, const char *name, void (*fn)(int dir, const char *name))
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (d == NULL)
		fail(name);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			fn(fd, entry->d_name);
	closedir(d);
}

static void
add_up(void)
{
	int fd = open(mailbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char line[64];

	if (fd != -1) {
		each_name(fd, "new", add_size);
		each_name(fd, "cur", add_size);
		close(fd);
	}
	snprintf(line, sizeof line, "+OK 1 %lld\r\n", bytes);
	say(line);
}

static void
list(void)
{
	int fd = open(mailbox, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		fail(mailbox);
	say("+OK\r\n");
	if (S_ISDIR(st.st_mode)) {
		each_name(fd, "new", say_name);
		each_name(fd, "cur", say_name);
	} else {
		list_mbox(fd);
	}
	say(".\r\n");
	close(fd);
}

static void
retrieve(void)
{
	static int fd = -1;
	static struct stat st;
	off_t at = 0;

	if (fd == -1 && ((fd = open(wire, O_RDONLY | O_CLOEXEC)) == -1 ||
	    fstat(fd, &st) == -1))
		fail(wire);
	say("+OK\r\n");
	if (send(STDOUT_FILENO, output, output_len, MSG_MORE) !=
	    (ssize_t)output_len)
		fail("send");
	output_len = 0;
	while (at < st.st_size)
		if (sendfile(STDOUT_FILENO, fd, &at,
		    (size_t)(st.st_size - at)) <= 0)
			fail("sendfile");
}

/* --- the deletion ------------------------------------------------------- */

static void
sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1)
		fail(path);
	close(fd);
}

static void
copy_rest(int fd, off_t from, off_t end)
{
	int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);

	if (to == -1)
		fail(temporary);
	while (from < end)
		if (copy_file_range(fd, &from, to, NULL, (size_t)(end - from),
		    0) <= 0)
			fail("copy");
	if (fsync(to) == -1 || rename(temporary, mailbox) == -1)
		fail(temporary);
	close(to);
	sync_directory(directory);
}

/* The messages are shorter than a chunk. */
static void
delete_of_mbox(int fd, off_t size)
{
	static char chunk[CHUNK];
	off_t start = deletes == 1 || size < CHUNK ? 0 : size - CHUNK;
	ssize_t n = pread(fd, chunk, sizeof chunk, start);
	const char *end = chunk + n, *from = next_from(chunk, end), *next;

	if (n <= 0 || from == NULL)
		fail("no second message");
	if (deletes == 1) {
		copy_rest(fd, from + 1 - chunk, size);
		return;
	}
	while ((next = next_from(from + 1, end)) != NULL)
		from = next;
	if (ftruncate(fd, start + (from + 1 - chunk)) == -1 ||
	    fsync(fd) == -1)
		fail(mailbox);
}

static void
delete_of_maildir(void)
{
	char path[PATH + 8];

	snprintf(path, sizeof path, "%s/cur", mailbox);
	DIR *d = opendir(path);
	const struct dirent *entry;
	if (d == NULL)
		fail(path);
	while ((entry = readdir(d)) != NULL && entry->d_name[0] == '.')
		continue;
	if (entry == NULL || unlinkat(dirfd(d), entry->d_name, 0) == -1 ||
	    fsync(dirfd(d)) == -1)
		fail(path);
	closedir(d);
}

static void
delete(void)
{
	struct stat st;
	int fd;

	if (stat(mailbox, &st) == -1)
		fail(mailbox);
	if (S_ISDIR(st.st_mode)) {
		delete_of_maildir();
		return;
	}
	if ((fd = open(mailbox, O_RDWR | O_CLOEXEC)) == -1)
		fail(mailbox);
	delete_of_mbox(fd, st.st_size);
	close(fd);
}

/* --- the conversation --------------------------------------------------- */

static void
begin(const char *user)
{
	snprintf(mailbox, sizeof mailbox, "%.300s/%.100s", directory, user);
	snprintf(wire, sizeof wire, "%s.wire", mailbox);
	snprintf(temporary, sizeof temporary, "%s.new", mailbox);
}

static _Noreturn void
quit(void)
{
	if (deletes != 0)
		delete();
	say("+OK\r\n");
	flush();
	_exit(0);
}

static void
answer(const char *line)
{
	if (strncmp(line, "UIDL", 4) == 0) {
		list();
		return;
	}
	if (strncmp(line, "STAT", 4) == 0) {
		add_up();
		return;
	}
	if (strncmp(line, "RETR", 4) == 0) {
		retrieve();
		return;
	}
	if (strncmp(line, "QUIT", 4) == 0)
		quit();
	if (strncmp(line, "USER ", 5) == 0)
		begin(line + 5);
	else if (strncmp(line, "DELE ", 5) == 0)
		deletes = atol(line + 5);
	say("+OK\r\n");
}

static _Noreturn void
serve(void)
{
	char line[LINE];
	int one = 1;

	setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	say("+OK floor\r\n");
	for (;;) {
		read_line(line);
		answer(line);
	}
}

static int
listen_on(const char *address, long port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd == -1 || inet_pton(AF_INET, address, &at.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == -1 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof at) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		fail(address);
	return fd;
}

int
main(int argc, char **argv)
{
	if (argc != 2 && argc != 4) {
		fputs("usage: pop_floor DIRECTORY [ADDRESS PORT]\n", stderr);
		return FAILED;
	}
	directory = argv[1];
	if (argc == 2)
		serve();
	int listener = listen_on(argv[2], number(argv[3], 65535));
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
			serve();
		}
		close(fd);
	}
}
