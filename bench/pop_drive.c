/* pop_drive.c: a POP3 client that measures a server.
 *
 *	pop_drive logins ADDRESS PORT USER PASSWORD CLIENTS COUNT
 *		CLIENTS at once, each with a mailbox of its own, log in COUNT
 *		times each: logins a second
 *	pop_drive uidl ADDRESS PORT USER PASSWORD
 *		from the connection to the end of UIDL: seconds
 *	pop_drive stat ADDRESS PORT USER PASSWORD
 *		the same to the reply to STAT
 *	pop_drive retr ADDRESS PORT USER PASSWORD WINDOW COUNT
 *		RETR 1 to COUNT, WINDOW of them on the way: bytes a second
 *	pop_drive dele ADDRESS PORT USER PASSWORD NUMBER
 *		DELE and QUIT, up to its reply: seconds
 *	pop_drive idle ADDRESS PORT USER PASSWORD COUNT
 *		so many sessions, which stay until standard input ends
 *
 * Where many log in, "%d" in USER is the number of each, from 0.  What it
 * measures is a line on standard output; for sessions that stay it is their
 * number, when all are there.  No answer within a minute, or one that is not
 * +OK, and it fails.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define PROGRAM	"pop_drive"
#define FAILED	1
#include "tools.h"

enum { NUMBER_MAX = 1000000 };

static struct sockaddr_in server;
static const char *user, *password;

struct pop {
	int	fd;
	size_t	at, len;
	size_t	bytes;			/* received in all */
	char	buffer[1 << 18];
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
more(struct pop *p)
{
	if (p->at == p->len)
		p->at = p->len = 0;
	ssize_t n = recv(p->fd, p->buffer + p->len, sizeof p->buffer - p->len,
	    0);
	if (n <= 0)
		fail("the server ended the connection, or is silent");
	p->len += (size_t)n;
	p->bytes += (size_t)n;
}

static _Noreturn void
refused(const char *line, ptrdiff_t len)
{
	fprintf(stderr, PROGRAM ": %.*s\n", (int)len, line);
	exit(FAILED);
}

/* One line that must be +OK. */
static void
ok(struct pop *p)
{
	const char *end;

	while ((end = memchr(p->buffer + p->at, '\n', p->len - p->at)) == NULL)
		more(p);
	if (p->buffer[p->at] != '+')
		refused(p->buffer + p->at, end - p->buffer - (ptrdiff_t)p->at);
	p->at = (size_t)(end - p->buffer) + 1;
}

/* All lines up to the one with a dot alone. */
static void
body(struct pop *p)
{
	static const char last[] = "\n.\r\n";
	size_t keep = 1;

	/* the line end of the reply stands before an empty body's dot */
	p->at--;
	for (;;) {
		const char *from = p->buffer + p->at;
		const char *end = memmem(from, p->len - p->at, last, 4);
		if (end != NULL) {
			p->at = (size_t)(end - p->buffer) + 4;
			return;
		}
		keep = p->len - p->at < 3 ? p->len - p->at : 3;
		memmove(p->buffer, p->buffer + p->len - keep, keep);
		p->at = 0;
		p->len = keep;
		more(p);
	}
}

static void __attribute__((format(printf, 2, 3)))
say(struct pop *p, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (send(p->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		fail("send");
}

static void
log_in(struct pop *p, int number)
{
	char name[256];
	int one = 1;
	struct timeval minute = { .tv_sec = 60 };
	const char *digit = strstr(user, "%d");

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->at = p->len = p->bytes = 0;
	if (p->fd == -1 || connect(p->fd, (const struct sockaddr *)&server,
	    sizeof server) == -1)
		fail("connect");
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute);
	if (digit != NULL)
		snprintf(name, sizeof name, "%.*s%d%s", (int)(digit - user),
		    user, number, digit + 2);
	ok(p);
	say(p, "USER %s\r\n", digit != NULL ? name : user);
	ok(p);
	say(p, "PASS %s\r\n", password);
	ok(p);
}

static void
quit(struct pop *p)
{
	say(p, "QUIT\r\n");
	ok(p);
	close(p->fd);
}

/* --- what is measured ---------------------------------------------------- */

static void
logins(struct pop *p, const int *numbers)
{
	int clients = numbers[0], count = numbers[1], status, failed = 0;
	double start = now();

	for (int i = 0; i < clients; i++) {
		if (fork() != 0)
			continue;
		for (int n = 0; n < count; n++) {
			log_in(p, i);
			say(p, "STAT\r\n");
			ok(p);
			quit(p);
		}
		_exit(0);
	}
	while (wait(&status) != -1)
		failed += status != 0;
	if (failed > 0)
		fail("a client");
	printf("%.3f\n", clients * count / (now() - start));
}

static void
uidl(struct pop *p, const int *numbers)
{
	double start = now();

	(void)numbers;
	log_in(p, 0);
	say(p, "UIDL\r\n");
	ok(p);
	body(p);
	printf("%.6f\n", now() - start);
	quit(p);
}

static void
stat_all(struct pop *p, const int *numbers)
{
	double start = now();

	(void)numbers;
	log_in(p, 0);
	say(p, "STAT\r\n");
	ok(p);
	printf("%.6f\n", now() - start);
	quit(p);
}

/* One write for as many as there is room for in the window, when half of it is
 * free. */
static int
ask_more(struct pop *p, int asked, int got, int window, int count)
{
	char text[4096];
	int len = 0;

	if (asked - got > window / 2)
		return asked;
	while (asked < count && asked - got < window &&
	    len < (int)sizeof text - 32)
		len += snprintf(text + len, sizeof text - (size_t)len,
		    "RETR %d\r\n", ++asked);
	if (len > 0)
		say(p, "%s", text);
	return asked;
}

static void
retr(struct pop *p, const int *numbers)
{
	int window = numbers[0], count = numbers[1], asked = 0;

	log_in(p, 0);
	double start = now();
	size_t before = p->bytes;
	for (int got = 0; got < count; got++) {
		asked = ask_more(p, asked, got, window, count);
		ok(p);
		body(p);
	}
	printf("%.0f\n", (double)(p->bytes - before) / (now() - start));
	quit(p);
}

static void
dele(struct pop *p, const int *numbers)
{
	log_in(p, 0);
	double start = now();
	say(p, "DELE %d\r\n", numbers[0]);
	ok(p);
	say(p, "QUIT\r\n");
	ok(p);
	printf("%.6f\n", now() - start);
	close(p->fd);
}

static void
idle(struct pop *p, const int *numbers)
{
	char byte;

	for (int i = 0; i < numbers[0]; i++)
		log_in(p, i);
	printf("%d\n", numbers[0]);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static const struct mode {
	const char	*name;
	int		 numbers;
	void		(*run)(struct pop *p, const int *numbers);
} modes[] = {
	{ "logins", 2, logins },
	{ "uidl", 0, uidl },
	{ "stat", 0, stat_all },
	{ "retr", 2, retr },
	{ "dele", 1, dele },
	{ "idle", 1, idle },
};

static const struct mode *
find_mode(const char *name, int numbers)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(name, modes[i].name) == 0 &&
		    modes[i].numbers == numbers)
			return &modes[i];
	return NULL;
}

static void
have_many_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int
main(int argc, char **argv)
{
	static struct pop pop;
	const struct mode *mode = argc < 6 ? NULL :
	    find_mode(argv[1], argc - 6);
	int numbers[2] = { 0 };

	if (mode == NULL) {
		fputs("usage: pop_drive MODE ADDRESS PORT USER PASSWORD "
		    "[NUMBER...]\n", stderr);
		return FAILED;
	}
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)number(argv[3], 65535));
	if (inet_pton(AF_INET, argv[2], &server.sin_addr) != 1)
		fail(argv[2]);
	user = argv[4];
	password = argv[5];
	for (int i = 0; i < mode->numbers; i++)
		numbers[i] = (int)number(argv[i + 6], NUMBER_MAX);
	have_many_files();
	mode->run(&pop, numbers);
	return 0;
}
