/* startup.h: what every program makes sure of before it does anything. */
#ifndef STARTUP_H
#define STARTUP_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "err.h"

/* What was found and changed, for a program that becomes another one. */
struct startup {
	mode_t			umask;
	struct sigaction	sigpipe, sigxfsz, sigchld, sigalrm;
	sigset_t		blocked;
	struct rlimit		core;
};

/* Opens 0-2, refuses to run set-uid or set-gid, sets umask 077, ignores
 * SIGPIPE and SIGXFSZ (their errno is handled), lets children be waited for,
 * unblocks all signals and forbids core files, those of commands too. */
int	startup_guard(struct startup *found, struct err *err);

/* Puts umask, signals and the limit of core files back as they were found. */
void	startup_restore(const struct startup *found);

#endif
