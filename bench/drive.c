/* drive.c: starts one program again and again, and says how long it took.
 *
 *	drive COUNT AT_ONCE MESSAGE PROGRAM [ARGUMENT...]
 *
 * Each process gets the message through a pipe, as from an MTA.  Prints the
 * nanoseconds from the first start to the last end, and the kilobytes that the
 * largest of all processes below had in memory, but not less than drive itself
 * has.  The first one that does not end with status 0 stops it: then nothing
 * is printed, and it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM	"drive"
#define FAILED	1
#include "tools.h"

enum {
	COUNT_MAX = 100000, AT_ONCE_MAX = 64,
	PIPE_HOLDS = 65536,		/* then nobody waits for a reader */
	SECONDS_MAX = 300,		/* then an alarm ends us */
};

/* not in memory, which would count as that of whatever is started */
static int message = -1;
static off_t message_len;
static long largest_kb;
extern char **environ;

static void
open_message(const char *path)
{
	message = open(path, O_RDONLY | O_CLOEXEC);
	if (message == -1)
		fail(path);
	message_len = lseek(message, 0, SEEK_END);
}

/* Whoever does not read to the end says so by its own status. */
static void
feed(int to)
{
	off_t at = 0;

	while (at < message_len)
		if (sendfile(to, message, &at,
		    (size_t)(message_len - at)) == -1 && errno != EPIPE)
			fail("write to a pipe");
		else if (errno == EPIPE)
			break;
}

/* By a grandchild, which nobody waits for. */
static void
feed_apart(const int ends[2])
{
	pid_t pid = fork();

	if (pid == -1)
		fail("fork");
	if (pid == 0) {
		close(ends[0]);
		if (fork() == 0)
			feed(ends[1]);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) == -1)
		fail("wait");
}

static void
start(char **argv)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		fail("pipe");
	if (message_len <= PIPE_HOLDS)
		feed(ends[1]);
	else
		feed_apart(ends);
	close(ends[1]);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
	errno = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	if (errno != 0)
		fail(argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[0]);
}

/* True: one process ended well. */
static bool
finish(const char *program)
{
	struct rusage used;
	int status;

	if (wait4(-1, &status, 0, &used) == -1)
		fail("wait");
	if (used.ru_maxrss > largest_kb)
		largest_kb = used.ru_maxrss;
	if (status != 0)
		fprintf(stderr, "drive: %s: status %d\n", program,
		    WIFEXITED(status) ? WEXITSTATUS(status) :
		    128 + WTERMSIG(status));
	return status == 0;
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
	long started = 0, ended = 0;
	bool well = true;

	if (argc < 5) {
		fputs("usage: drive COUNT AT_ONCE MESSAGE PROGRAM "
		    "[ARGUMENT...]\n", stderr);
		return 1;
	}
	long count = number(argv[1], COUNT_MAX),
	    at_once = number(argv[2], AT_ONCE_MAX);
	open_message(argv[3]);
	signal(SIGPIPE, SIG_IGN);
	alarm(SECONDS_MAX);
	long long began = now_ns();
	while (ended < (well ? count : started)) {
		if (well && started < count && started - ended < at_once) {
			start(argv + 4);
			started++;
		} else {
			well = finish(argv[4]) && well;
			ended++;
		}
	}
	if (!well)
		return 1;
	printf("%lld %ld\n", now_ns() - began, largest_kb);
	return 0;
}
