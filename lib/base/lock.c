/* lock.c: kernel locks on files, waited for up to a deadline. */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "scope.h"

static const struct lock_part whole = { 0, 0 };

static struct flock
flock_of(short type, struct lock_part part)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET,
	    .l_start = part.start, .l_len = part.len };
}

static int
try_type(int fd, short type, struct lock_part part, struct err *err)
{
	struct flock lock = flock_of(type, part);

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 1;
	if (errno == EAGAIN || errno == EACCES)
		return 0;
	return err_sys(err, "lock");
}

int
lock_try(int fd, struct err *err)
{
	return try_type(fd, F_WRLCK, whole, err);
}

int
lock_try_shared(int fd, struct err *err)
{
	return try_type(fd, F_RDLCK, whole, err);
}

static void
interrupt_only(int signo)
{
	(void)signo;
}

/* The wait for a lock has no time-out of its own, so a timer interrupts it;
 * again and again, because the first signal may come just before the wait. */
static int
wait_interrupted(int fd, struct lock_part part, struct deadline d,
    struct err *err)
{
	struct flock lock = flock_of(F_WRLCK, part);
	int left = deadline_left(d);
	struct itimerval timer = {
		.it_value = { left / 1000, left % 1000 * 1000 + 1 },
		.it_interval = { 0, 50000 },
	};

	if (setitimer(ITIMER_REAL, &timer, NULL) == -1)
		return err_sys(err, "set the timer of a lock");
	while (fcntl(fd, F_OFD_SETLKW, &lock) == -1) {
		if (errno != EINTR)
			return err_sys(err, "lock");
		if (deadline_over(d))
			return err_set(err, ERR_TEMPORARY,
			    "somebody else holds the lock");
	}
	return 0;
}

int
lock_wait_part(int fd, struct lock_part part, struct deadline d,
    struct err *err)
{
	struct sigaction catch = { .sa_handler = interrupt_only }, before;
	struct itimerval off = { 0 };

	int got = try_type(fd, F_WRLCK, part, err);
	if (got != 0)
		return got == 1 ? 0 : -1;
	if (sigaction(SIGALRM, &catch, &before) == -1)
		return err_sys(err, "catch the timer of a lock");
	int result = wait_interrupted(fd, part, d, err);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &before, NULL);
	return result == -1 ? -1 : 1;
}

int
lock_wait(int fd, struct deadline d, struct err *err)
{
	return lock_wait_part(fd, whole, d, err) == -1 ? -1 : 0;
}

void
lock_release_part(int fd, struct lock_part part)
{
	struct flock lock = flock_of(F_UNLCK, part);

	fcntl(fd, F_OFD_SETLK, &lock);
}

int
lock_release(int fd, struct err *err)
{
	struct flock lock = flock_of(F_UNLCK, whole);

	return fcntl(fd, F_OFD_SETLK, &lock) == -1 ? err_sys(err, "unlock") : 0;
}

static bool
is_ours_alone(const struct stat *st, unsigned names)
{
	return S_ISREG(st->st_mode) && st->st_nlink <= names &&
	    st->st_uid == geteuid();
}

static int
refuse(const char *name, struct err *err)
{
	return err_set(err, ERR_TEMPORARY,
	    "%s: not a plain file of uid %u alone: remove it", name,
	    (unsigned)geteuid());
}

int
lock_open_file(int dir, const char *name, unsigned names, int *fd,
    struct err *err)
{
	struct stat st;
	SCOPED(drop_fd) int got = -1;

	got = compat_open_beneath(dir, name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0600);
	if (got == -1)
		return errno == ELOOP || errno == EISDIR || errno == ENXIO ?
		    refuse(name, err) : err_sys(err, "open %s", name);
	if (fstat(got, &st) == -1)
		return err_sys(err, "%s", name);
	if (!is_ours_alone(&st, names))
		return refuse(name, err);
	*fd = got;
	got = -1;
	return 0;
}

int
lock_open(int dir, const char *name, unsigned names, struct deadline d,
    int *fd, struct err *err)
{
	SCOPED(drop_fd) int got = -1;

	if (lock_open_file(dir, name, names, &got, err) == -1)
		return -1;
	if (lock_wait(got, d, err) == -1)
		return err_within(err, "%s", name);
	*fd = got;
	got = -1;
	return 0;
}
