/* fault.c: system calls that fail when a test says so.
 *
 * The Makefile takes the names of the WRAP lines and links test programs with
 * --wrap for each: a call of NAME becomes one of __wrap_NAME.
 */
#include "fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct {
	const char	*call;		/* NULL: none */
	int		 left;		/* calls up to the fault; -1: all fail */
	int		 error;		/* 0: a short transfer */
	size_t		 len;		/* of it */
	int		 happened;
} fault;
static const char *replaced, *replacement;
static time_t ahead;			/* of the clock, where time() "fails" */
static struct {
	const char	*call;		/* NULL: none */
	void		(*fn)(void);
} before;

void
fault_at(const char *call, int nth, int error)
{
	fault.call = call;
	fault.left = nth;
	fault.error = error;
	fault.happened = 0;
}

void
fault_always(const char *call, int error)
{
	fault_at(call, -1, error);
}

void
fault_later(time_t seconds)
{
	ahead = seconds;
	fault_always("time", EINVAL);
}

void
fault_short(const char *call, int nth, size_t len)
{
	fault_at(call, nth, 0);
	fault.len = len;
}

void
fault_before(const char *call, void (*fn)(void))
{
	before.call = call;
	before.fn = fn;
}

int
fault_clear(void)
{
	fault.call = NULL;
	replaced = NULL;
	before.call = NULL;
	return fault.happened;
}

static bool
is_due(const char *call)
{
	/* What openat() becomes under _FORTIFY_SOURCE, and beneath. */
	if (strcmp(call, "__openat_2") == 0 ||
	    strcmp(call, "compat_open_beneath") == 0)
		call = "openat";
	if (fault.call == NULL || strcmp(fault.call, call) != 0)
		return false;
	if (fault.left == 0 || (fault.left > 0 && --fault.left > 0))
		return false;
	fault.happened = 1;
	return true;
}

static bool
fails(const char *call)
{
	if (before.call != NULL && strcmp(before.call, call) == 0) {
		before.call = NULL;
		before.fn();
	}
	if (!is_due(call))
		return false;
	errno = fault.error;
	return true;
}

static ssize_t
transfer(const char *call, size_t *len)
{
	if (!is_due(call))
		return 0;
	if (fault.error == 0) {
		*len = fault.len < *len ? fault.len : *len;
		return 0;
	}
	errno = fault.error;
	return -1;
}

void
fault_instead(const char *path, const char *other)
{
	replaced = path;
	replacement = other;
}

static const char *
stand_in(const char *path)
{
	return replaced != NULL && strcmp(path, replaced) == 0 ? replacement : path;
}

#define WRAP(type, failed, name, parameters, arguments)			\
	type __real_##name parameters;						\
	type __wrap_##name parameters;						\
	type __wrap_##name parameters						\
	{									\
		return fails(#name) ? failed : __real_##name arguments;		\
	}
#define WRAP_TRANSFER(type, failed, name, parameters, arguments)		\
	type __real_##name parameters;						\
	type __wrap_##name parameters;						\
	type __wrap_##name parameters						\
	{									\
		return transfer(#name, &n) == -1 ? failed : __real_##name arguments; \
	}

/* A writev() is a write; one that is short ends in its first piece. */
#define WRAP_VECTOR(type, failed, name, parameters, arguments)			\
	type __real_##name parameters;						\
	type __wrap_##name parameters;						\
	type __wrap_##name parameters						\
	{									\
		size_t n = SIZE_MAX;						\
		if (transfer("write", &n) == -1)				\
			return failed;						\
		return n == SIZE_MAX ? __real_##name arguments :		\
		    write(fd, v->iov_base, n < v->iov_len ? n : v->iov_len);	\
	}

WRAP(int, -1, faccessat, (int dir, const char *name, int mode, int f), (dir, name, mode, f))
WRAP(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, -1, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, -1, fstat, (int fd, struct stat *st), (fd, st))
WRAP(int, -1, fstatat, (int dir, const char *name, struct stat *st, int f), (dir, name, st, f))
WRAP(int, -1, fsync, (int fd), (fd))
WRAP(int, -1, ftruncate, (int fd, off_t len), (fd, len))
WRAP(int, -1, getgroups, (int size, gid_t *groups), (size, groups))
WRAP(int, -1, linkat, (int from, const char *a, int to, const char *b, int f), (from, a, to, b, f))
WRAP(int, -1, openat, (int dir, const char *name, int f, mode_t m), (dir, stand_in(name), f, m))
WRAP(int, -1, __openat_2, (int dir, const char *name, int f), (dir, stand_in(name), f))
WRAP(int, -1, compat_open_beneath, (int dir, const char *name, int f, mode_t m), (dir, stand_in(name), f, m))
WRAP(time_t, __real_time(t) + ahead, time, (time_t *t), (t))
WRAP(unsigned long, 1, getauxval, (unsigned long type), (type))
WRAP(int, -1, pipe2, (int fds[2], int flags), (fds, flags))
WRAP(int, -1, poll, (struct pollfd *polls, nfds_t count, int ms), (polls, count, ms))
WRAP(int, -1, renameat, (int from, const char *a, int to, const char *b), (from, a, to, b))
WRAP(int, -1, setresuid, (uid_t r, uid_t e, uid_t s), (r, e, s))
WRAP(int, -1, unlinkat, (int dir, const char *name, int flags), (dir, name, flags))
WRAP(pid_t, -1, fork, (void), ())
WRAP(struct dirent *, NULL, readdir, (DIR *dir), (dir))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, NULL, realloc, (void *p, size_t size), (p, size))
WRAP_TRANSFER(ssize_t, -1, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
WRAP_TRANSFER(ssize_t, -1, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
WRAP_TRANSFER(ssize_t, -1, read, (int fd, void *p, size_t n), (fd, p, n))
WRAP_TRANSFER(ssize_t, -1, write, (int fd, const void *p, size_t n), (fd, p, n))
WRAP_VECTOR(ssize_t, -1, writev, (int fd, const struct iovec *v, int count), (fd, v, count))
