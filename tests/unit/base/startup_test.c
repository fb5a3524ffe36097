/* startup_test.c: what every program makes sure of before it does anything. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "startup.h"

/* Each check runs in a process of its own, started as badly as can be:
 * signals ignored and blocked, umask 0, no standard error, core files
 * wanted. */
static void
start_badly(void)
{
	struct rlimit core;
	sigset_t all;

	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = core.rlim_max;
	setrlimit(RLIMIT_CORE, &core);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	umask(0);
	close(STDERR_FILENO);
}

static bool
is(int signo, void (*handler)(int))
{
	struct sigaction now;

	return sigaction(signo, NULL, &now) == 0 && now.sa_handler == handler;
}

static bool
is_blocked(int signo)
{
	sigset_t now;

	return sigprocmask(SIG_SETMASK, NULL, &now) == 0 &&
	    sigismember(&now, signo);
}

static bool
sees_standard(void)
{
	return fcntl(STDIN_FILENO, F_GETFD) != -1 &&
	    fcntl(STDOUT_FILENO, F_GETFD) != -1 &&
	    fcntl(STDERR_FILENO, F_GETFD) != -1;
}
static bool	sees_umask(void) { return umask(0) == 077; }
static bool	sees_sigpipe(void) { return is(SIGPIPE, SIG_IGN); }
static bool	sees_sigxfsz(void) { return is(SIGXFSZ, SIG_IGN); }
static bool	sees_sigchld(void) { return is(SIGCHLD, SIG_DFL); }
static bool	sees_sigalrm(void) { return is(SIGALRM, SIG_DFL); }
static bool	sees_mask(void) { return !is_blocked(SIGTERM) &&
    !is_blocked(SIGALRM); }
static bool	sees_no_core(void) { return prctl(PR_GET_DUMPABLE) == 0; }

static rlim_t
core_limit(void)
{
	struct rlimit core;

	return getrlimit(RLIMIT_CORE, &core) == 0 ? core.rlim_cur : 1;
}

static bool	sees_no_core_of_commands(void) { return core_limit() == 0; }

static bool
sees_status(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7;
}

static const struct row {
	const char	*name;
	bool		(*sees)(void);
} rows[] = {
	{ "the standard descriptors are open", sees_standard },
	{ "files are made for their owner alone", sees_umask },
	{ "a reader that has gone is an error, not death", sees_sigpipe },
	{ "a file size limit is an error, not death", sees_sigxfsz },
	{ "the end of a child is not ignored", sees_sigchld },
	{ "the status of a child is told", sees_status },
	{ "the timer can end a wait", sees_sigalrm },
	{ "no signal is blocked", sees_mask },
	{ "no core file is written", sees_no_core },
	{ "nor one of what it starts", sees_no_core_of_commands },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	struct startup found;
	struct err err = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		start_badly();
		if (startup_guard(&found, &err) == -1)
			_exit(2);
		_exit(row->sees() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_restore(void **state)
{
	struct startup found;
	struct err err = { 0 };
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		start_badly();
		rlim_t core = core_limit();
		if (startup_guard(&found, &err) == -1)
			_exit(2);
		startup_restore(&found);
		_exit(prctl(PR_GET_DUMPABLE) == 1 && umask(077) == 0 &&
		    core_limit() == core &&
		    is(SIGPIPE, SIG_DFL) && is(SIGXFSZ, SIG_DFL) &&
		    is(SIGCHLD, SIG_IGN) && is(SIGALRM, SIG_IGN) &&
		    is_blocked(SIGTERM) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_set_uid(void **state)
{
	struct startup found;
	struct err err = { 0 };

	(void)state;
	fault_at("getauxval", 1, 0);		/* it returns 1 */
	assert_int_equal(startup_guard(&found, &err), -1);
	assert_true(fault_clear());
	assert_err(err, ERR_REFUSED,
	    "this program must not be set-uid or set-gid:" " take the bit off "
	    "(chmod ug-s)");
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("all is put back as it was found", test_restore);
	add_test("a set-uid program does not start", test_set_uid);
	return run_all();
}
