/* fd.c: descriptors: whole reads and writes, and the three standard ones. */
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int
fd_write(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len > 0) {
		ssize_t n = write(fd, at, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_pwrite(int fd, const void *p, size_t len, off_t at)
{
	for (size_t done = 0; done < len; ) {
		ssize_t n = pwrite(fd, (const char *)p + done, len - done,
		    at + (off_t)done);
		if (n == -1 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
fd_writev(int fd, struct iovec *v, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, v, count);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		for (; count > 0 && (size_t)n >= v->iov_len; v++, count--)
			n -= (ssize_t)v->iov_len;
		if (count > 0) {
			v->iov_base = (char *)v->iov_base + n;
			v->iov_len -= (size_t)n;
		}
	}
	return 0;
}

ssize_t
fd_read(int fd, void *p, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, (char *)p + got, size - got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t
fd_pread(int fd, void *p, size_t size, off_t at)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = pread(fd, (char *)p + got, size - got,
		    at + (off_t)got);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static int
wait_for(struct pollfd *polls, nfds_t count, struct deadline d)
{
	for (;;) {
		int n = poll(polls, count, deadline_left(d));
		if (n > 0)
			return 0;
		if (n == 0 && deadline_over(d)) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (n == -1 && errno != EINTR)
			return -1;
	}
}

int
fd_wait(int fd, short events, struct deadline d)
{
	struct pollfd p = { .fd = fd, .events = events };

	return wait_for(&p, 1, d);
}

int
fd_wait_either(int one, int other, struct deadline d)
{
	struct pollfd polls[] = {
		{ .fd = one, .events = POLLIN },
		{ .fd = other, .events = POLLIN },
	};

	return wait_for(polls, 2, d);
}

ssize_t
fd_read_by(int fd, void *p, size_t size, struct deadline d, struct err *err)
{
	for (;;) {
		if (fd_wait(fd, POLLIN, d) == -1)
			return err_sys(err, "read");
		ssize_t n = read(fd, p, size);
		if (n >= 0)
			return n;
		if (errno != EINTR && errno != EAGAIN)
			return err_sys(err, "read");
	}
}

int
fd_guard_standard(struct err *err)
{
	int fd;

	do {
		/* Reading from a closed standard input must fail, not look like
		 * an empty message: so for writing only. */
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (fd == -1)
			return err_sys(err, "open /dev/null");
		/* A standard descriptor must survive exec. */
		if (fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == -1)
			return err_sys(err, "keep descriptor %d", fd);
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

void
drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
fd_link(int fd, int dir, const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
}
