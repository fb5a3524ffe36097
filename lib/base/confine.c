/* confine.c: what a process gives up before it meets a client or the
 * network. */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "file.h"
#include "ident.h"
#include "scope.h"

enum { ANSWER_MAX = 4096 };

static bool
is_root(void)
{
	return geteuid() == 0;
}

/* --- the empty directory ------------------------------------------------ */

int
confine_open_root(const char *state, int *fd, struct err *err)
{
	SCOPED(drop_fd) int around = -1, got = -1;
	struct stat st;

	if (!is_root())
		return 0;
	if (dir_make(AT_FDCWD, state, 0755, &around, err) == -1)
		return -1;
	if (dir_make(around, "empty", 0555, &got, err) == -1)
		return err_within(err, "%s", state);
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s/empty", state);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_set(err, ERR_REFUSED,
		    "%s/empty: must be root's, and closed to others (chown "
		    "root, chmod 555)", state);
	*fd = got;
	got = -1;
	return 0;
}

/* --- becoming nobody ---------------------------------------------------- */

static struct ident
nobody(void)
{
	struct ident who;
	struct err err;

	if (ident_of_user(SLICE("nobody"), &who, &err) == -1 ||
	    ident_is_forbidden(who))
		return (struct ident){ IDENT_NOBODY, IDENT_NOBODY };
	return who;
}

/* No more than was left to us: only who has CAP_SYS_RESOURCE may raise it. */
static int
limit_files(uint64_t max)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_FSIZE, &files) == -1)
		return -1;
	if (files.rlim_max > max)
		files.rlim_max = max;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_FSIZE, &files);
}

int
confine_to(int root, uint64_t file_max, struct err *err)
{
	struct rlimit none = { 0, 0 };

	if (is_root()) {
		/* while there is an /etc/passwd */
		struct ident who = nobody();
		if (fchdir(root) == -1 || chroot(".") == -1 || chdir("/") == -1)
			return err_sys(err, "enter the empty directory");
		if (ident_become(who, err) == -1)
			return -1;
	}
	prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    limit_files(file_max) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1)
		return err_sys(err, "give rights up");
	return 0;
}

static int
compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void
confine_fds(const int *keep, int count)
{
	int sorted[8] = { 0 };
	unsigned next = STDERR_FILENO + 1;

	/* or its number would be taken for the log's still */
	closelog();
	for (int i = 0; i < count; i++)
		sorted[i] = keep[i];
	qsort(sorted, (size_t)count, sizeof *sorted, compare_int);
	for (int i = 0; i < count; i++) {
		if (sorted[i] < (int)next)
			continue;
		if (sorted[i] > (int)next)
			compat_close_range(next,
			    (unsigned)sorted[i] - 1);
		next = (unsigned)sorted[i] + 1;
	}
	compat_close_range(next, ~0U);
}

/* --- asking ------------------------------------------------------------- */

int
confine_as_nobody(struct err *err)
{
	/* RES_OPTIONS, HOSTALIASES, LOCALDOMAIN and the like */
	clearenv();
	return is_root() ? ident_become(nobody(), err) : 0;
}

static _Noreturn void
answer_as_nobody(int (*fn)(const void *, struct str *), const void *question,
    int out)
{
	SCOPED(drop_str) struct str answer = { 0 };
	struct err err;

	confine_fds(&out, 1);
	if (confine_as_nobody(&err) == -1)
		_exit(1);
	if (fn(question, &answer) == -1 ||
	    fd_write(out, answer.s, answer.len) == -1)
		_exit(1);
	_exit(0);
}

int
confine_ask(int (*fn)(const void *, struct str *), const void *question,
    struct deadline d, struct str *answer, struct err *err)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int from = -1, to = -1;
	char chunk[ANSWER_MAX];
	int ends[2], status;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return err_sys(err, "pipe");
	from = ends[0];
	to = ends[1];
	int forked = child_fork(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		answer_as_nobody(fn, question, to);
	drop_fd(&to);
	while ((n = fd_read_by(from, chunk, sizeof chunk, d, err)) > 0)
		if (answer->len < ANSWER_MAX)
			str_add(answer, chunk, (size_t)n);
	if (n == -1 || child_wait(&child, d, &status, err) == -1)
		return -1;
	return status == 0 && answer->len > 0 ? 0 :
	    err_set(err, ERR_ABSENT, "no answer");
}
