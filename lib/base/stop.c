/* stop.c: being told to end, as a descriptor that can be waited for. */
#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
stop_open(bool children, int *fd, struct err *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (children)
		sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &signals, NULL) == -1)
		return err_sys(err, "block signals");
	*fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd == -1 ? err_sys(err, "watch signals") : 0;
}

bool
stop_is_asked(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof info) == (ssize_t)sizeof info &&
	    info.ssi_signo != SIGCHLD;
}

enum woken
stop_wait(int stop, int fd, struct deadline d)
{
	struct pollfd polls[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};

	for (;;) {
		int n = poll(polls, 2, deadline_left(d));
		if (n > 0)
			return polls[1].revents != 0 ? STOPPED : WOKEN;
		if (n == -1 && errno != EINTR)
			return STOPPED;
		if (n == 0 && deadline_over(d))
			return TIMED_OUT;
	}
}
