/* stop.c: being told to end, as a descriptor that can be waited for. */
#include "stop.h"

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
