/* drive.c: starts one program again and again, and says how long it took.
 *
 *	drive COUNT AT_ONCE MESSAGE PROGRAM [ARGUMENT...]
 *
 * Each process gets the message through a pipe, as from an MTA.  Prints the
 * nanoseconds from the first start to the last end.  The first one that does
 * not end with status 0 stops it: then nothing is printed, and it fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	COUNT_MAX = 100000, AT_ONCE_MAX = 64,
	/* what a pipe holds: nobody waits for a reader */
	MESSAGE_MAX = 65536,
	SECONDS_MAX = 300,		/* then an alarm ends us */
};

static char message[MESSAGE_MAX];
static size_t message_len;
extern char **environ;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "drive: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long
number(const char *text, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end != '\0' || n < 1 || n > max) {
		fprintf(stderr, "drive: %s: not a number from 1 to %ld\n", text,
		    max);
		exit(1);
	}
	return n;
}

static void
read_message(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, message, sizeof message);

	if (n == -1)
		fail(path);
	message_len = (size_t)n;
	close(fd);
}

static void
start(char **argv)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1)
		fail("pipe");
	if (write(ends[1], message, message_len) != (ssize_t)message_len)
		fail("write to a pipe");
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
	int status;

	if (wait(&status) == -1)
		fail("wait");
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
	read_message(argv[3]);
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
	printf("%lld\n", now_ns() - began);
	return 0;
}
