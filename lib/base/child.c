/* child.c: child processes, each with a deadline. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "scope.h"

void
child_end_with(pid_t parent, int signo)
{
	prctl(PR_SET_PDEATHSIG, signo);
	if (getppid() != parent)
		/* it ended before that was asked for */
		raise(signo);
}

int
child_fork(struct child *child, struct err *err)
{
	/* Keeps a number for what watches it: a child that cannot be watched
	 * must not have begun. */
	SCOPED(drop_fd) int place = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC,
	    STDERR_FILENO + 1);
	pid_t parent = getpid();

	if (place == -1)
		return err_sys(err, "watch a child process");
	pid_t pid = fork();

	if (pid == -1)
		return err_sys(err, "fork");
	if (pid == 0) {
		setpgid(0, 0);
		child_end_with(parent, SIGKILL);
		return 0;
	}
	/* both do it: whoever comes first */
	setpgid(pid, pid);
	drop_fd(&place);
	*child = (struct child){ pid, compat_pidfd_open(pid) };
	if (child->pidfd == -1) {
		err_fill_sys(err, "watch a child process");
		drop_child(child);
		return -1;
	}
	return pid;
}

static int
reap(struct child *child, int *status, struct err *err)
{
	while (waitpid(child->pid, status, 0) == -1)
		if (errno != EINTR)
			return err_sys(err, "wait for a child process");
	child->pid = 0;
	drop_fd(&child->pidfd);
	return 0;
}

int
child_wait(struct child *child, struct deadline d, int *status, struct err *err)
{
	/* One that the system does not let us watch is waited for: killed it
	 * would leave its locks, and our children have deadlines, too. */
	if (fd_wait(child->pidfd, POLLIN, d) == -1 && errno == ETIMEDOUT)
		return err_sys(err, "wait for a child process");
	return reap(child, status, err);
}

static void
kill_group(struct child *child, int *status)
{
	struct err err;

	kill(-child->pid, SIGKILL);
	/* it may not lead its group yet */
	kill(child->pid, SIGKILL);
	reap(child, status, &err);
	drop_fd(&child->pidfd);
}

void
child_end(struct child *child, int64_t ms, int *status)
{
	struct err err;

	*status = 0;
	if (child->pid <= 0 ||
	    child_wait(child, deadline_in(ms), status, &err) == 0)
		return;
	kill(child->pid, SIGTERM);
	if (child_wait(child, deadline_in(ms), status, &err) == -1)
		kill_group(child, status);
}

/* In the handler of a signal.  Several that stopped are one signal. */
static void
kill_stopped(int signo)
{
	int before = errno;
	siginfo_t info;

	(void)signo;
	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG) == -1 ||
		    info.si_pid == 0)
			break;
		kill(info.si_pid, SIGKILL);
	}
	errno = before;
}

int
child_kill_stopped(struct err *err)
{
	struct sigaction act = { .sa_handler = kill_stopped,
	    .sa_flags = SA_RESTART };

	return sigaction(SIGCHLD, &act, NULL) == -1 ?
	    err_sys(err, "watch child processes") : 0;
}

void
drop_child(struct child *child)
{
	int status;

	if (child->pid > 0)
		kill_group(child, &status);
}
