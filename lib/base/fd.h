/* fd.h: descriptors: whole reads and writes, and the three standard ones. */
#ifndef FD_H
#define FD_H

#include <sys/types.h>
#include <sys/uio.h>

#include "deadline.h"
#include "err.h"
#include "str.h"

/* Writes all of it, going on after short writes and signals.  On -1 some of
 * it may have been written; errno tells why. */
int	fd_write(int fd, const void *p, size_t len);
int	fd_pwrite(int fd, const void *p, size_t len, off_t at);
/* The same of several places; v is used up. */
int	fd_writev(int fd, struct iovec *v, int count);

/* Reads until size bytes or end of file: the count, or -1 with errno. */
ssize_t	fd_read(int fd, void *p, size_t size);
ssize_t	fd_pread(int fd, void *p, size_t size, off_t at);

/* read() that waits for the deadline at most; -1 and a temporary error when
 * it passed.  0 is the end of file. */
ssize_t	fd_read_by(int fd, void *p, size_t size, struct deadline d,
	    struct err *err);

/* Waits until fd is ready for the poll() events; -1: the deadline passed. */
int	fd_wait(int fd, short events, struct deadline d);

/* Waits until one of them can be read or has ended; -1 for a descriptor: it is
 * not waited for. */
int	fd_wait_either(int one, int other, struct deadline d);

/* Opens /dev/null on whichever of 0, 1 and 2 is closed, so that no file of
 * ours ever becomes somebody's standard error.  First thing in main. */
int	fd_guard_standard(struct err *err);

/* Closes *fd if it is >= 0. */
void	drop_fd(int *fd);

/* Gives a file of O_TMPFILE, whose descriptor it is, its name (linkat()); needs
 * /proc.  Nothing is replaced: EEXIST. */
int	fd_link(int fd, int dir, const char *name);

#endif
