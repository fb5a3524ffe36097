/* startup.c: what every program makes sure of before it does anything. */
#include "startup.h"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "fd.h"

int
startup_guard(struct startup *found, struct err *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN },
	    standard = { .sa_handler = SIG_DFL };
	sigset_t nothing;

	if (fd_guard_standard(err) == -1)
		return -1;
	if (getauxval(AT_SECURE) != 0)
		return err_set(err, ERR_REFUSED,
		    "this program must not be set-uid or set-gid: take the bit "
		    "off (chmod ug-s)");
	found->umask = umask(077);
	sigemptyset(&nothing);
	sigprocmask(SIG_SETMASK, &nothing, &found->blocked);
	sigaction(SIGPIPE, &ignore, &found->sigpipe);
	sigaction(SIGXFSZ, &ignore, &found->sigxfsz);
	sigaction(SIGCHLD, &standard, &found->sigchld);
	sigaction(SIGALRM, &standard, &found->sigalrm);
	/* No core file holds mail or a password: none of ours, whatever its
	 * limit, and none of a command, which can be dumped once more. */
	prctl(PR_SET_DUMPABLE, 0);
	if (getrlimit(RLIMIT_CORE, &found->core) == -1)
		return err_sys(err, "limit of core files");
	struct rlimit none = { 0, found->core.rlim_max };
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return err_sys(err, "limit of core files");
	return 0;
}

void
startup_restore(const struct startup *found)
{
	umask(found->umask);
	sigaction(SIGPIPE, &found->sigpipe, NULL);
	sigaction(SIGXFSZ, &found->sigxfsz, NULL);
	sigaction(SIGCHLD, &found->sigchld, NULL);
	sigaction(SIGALRM, &found->sigalrm, NULL);
	sigprocmask(SIG_SETMASK, &found->blocked, NULL);
	setrlimit(RLIMIT_CORE, &found->core);
	prctl(PR_SET_DUMPABLE, 1);
}
