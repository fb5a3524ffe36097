/* measure.c: runs a program to its end and tells what it took.
 *
 *	measure FILE program [argument...]
 *
 * FILE gets "CPU RSS": the processor time of it and of all that it waited
 * for, in microseconds, and the most memory that any of them had at once, in
 * kB.  This is a program of its own because a process begins with the memory
 * of whoever started it, and an interpreter's is large.  The exit status is
 * the program's, or 128 + the signal that it died of.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long
microseconds(const struct timeval *t)
{
	return (long)t->tv_sec * 1000000 + (long)t->tv_usec;
}

int
main(int argc, char **argv)
{
	struct rusage used;
	int status;

	if (argc < 3)
		return 125;
	pid_t pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(126);
	}
	if (pid == -1 || wait4(pid, &status, 0, &used) == -1)
		return 125;
	FILE *f = fopen(argv[1], "w");
	if (f == NULL || fprintf(f, "%ld %ld\n", microseconds(&used.ru_utime) +
	    microseconds(&used.ru_stime), used.ru_maxrss) < 0 ||
	    fclose(f) == EOF)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}
