/* compat.c: Linux calls that one of our C libraries lacks (musl 1.2.3). */
#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Values of the kernel's interface, fixed for ever (linux/fs.h,
 * linux/close_range.h), which musl-gcc does not find. */
enum { KERNEL_RENAME_NOREPLACE = 1, KERNEL_CLOSE_RANGE_CLOEXEC = 4 };

int
compat_renameat2_noreplace(int from_dir, const char *from, int to_dir,
    const char *to)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to,
	    KERNEL_RENAME_NOREPLACE);
}

int
compat_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
compat_cloexec_from(unsigned int first)
{
	return (int)syscall(SYS_close_range, first, ~0U,
	    KERNEL_CLOSE_RANGE_CLOEXEC);
}
