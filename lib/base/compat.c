/* compat.c: Linux calls that one of our C libraries lacks (musl 1.2.3). */
#include "compat.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Values of the kernel's interface, fixed for ever (linux/fs.h,
 * linux/close_range.h, linux/capability.h), which musl-gcc does not find. */
enum { KERNEL_RENAME_NOREPLACE = 1, KERNEL_RENAME_EXCHANGE = 2 };
enum { KERNEL_CLOSE_RANGE_CLOEXEC = 4 };
enum { KERNEL_CAPABILITY_VERSION_3 = 0x20080522 };
enum { KERNEL_RESOLVE_NO_SYMLINKS = 4, KERNEL_RESOLVE_BENEATH = 8,
    KERNEL_RESOLVE_CACHED = 0x20 };
enum { KERNEL_O_PATH = 010000000 };
enum { KERNEL_STATX_BTIME = 0x800 };
struct kernel_open_how { uint64_t flags, mode, resolve; };
struct kernel_time { int64_t seconds; uint32_t nanoseconds; int32_t unused; };
struct kernel_statx {
	uint32_t		mask, others[15];
	struct kernel_time	accessed, born, changed, written;
	uint64_t		rest[16];
};
static_assert(offsetof(struct kernel_statx, born) == 0x50 &&
    sizeof(struct kernel_statx) == 0x100, "as in linux/stat.h");
struct kernel_capabilities { uint32_t effective, permitted, inheritable; };

int
compat_renameat2_noreplace(int from_dir, const char *from, int to_dir,
    const char *to)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to,
	    KERNEL_RENAME_NOREPLACE);
}

int
compat_renameat2_exchange(int from_dir, const char *from, int to_dir,
    const char *to)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to,
	    KERNEL_RENAME_EXCHANGE);
}

int
compat_open_beneath(int dir, const char *name, int flags, mode_t mode)
{
	const struct kernel_open_how how = {
		.flags = (uint64_t)flags,
		.mode = (flags & O_CREAT) ? mode : 0,
		.resolve = KERNEL_RESOLVE_BENEATH |
		    KERNEL_RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);

	/* A sandbox may forbid what it does not know. */
	if (fd == -1 && (errno == ENOSYS || errno == EPERM) &&
	    strchr(name, '/') == NULL)
		fd = openat(dir, name, flags | O_NOFOLLOW, mode);
	return (int)fd;
}

bool
compat_known_absent(const char *path)
{
	const struct kernel_open_how how = {
		.flags = KERNEL_O_PATH | O_CLOEXEC,
		.resolve = KERNEL_RESOLVE_CACHED,
	};
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
	bool absent = fd == -1 && (errno == ENOENT || errno == ENOTDIR);

	if (fd != -1)
		close((int)fd);
	return absent;
}

int
compat_birth(int dir, const char *name, int64_t *out)
{
	struct kernel_statx got = { 0 };
	struct stat st;

	if (syscall(SYS_statx, dir, name, AT_SYMLINK_NOFOLLOW,
	    KERNEL_STATX_BTIME, &got) == 0 && (got.mask & KERNEL_STATX_BTIME)) {
		*out = got.born.seconds * 1000000000 + got.born.nanoseconds;
		return 0;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	*out = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
	return 0;
}

int
compat_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
compat_close_range(unsigned int first, unsigned int last)
{
	return (int)syscall(SYS_close_range, first, last, 0);
}

int
compat_cloexec_from(unsigned int first)
{
	return (int)syscall(SYS_close_range, first, ~0U,
	    KERNEL_CLOSE_RANGE_CLOEXEC);
}

int
compat_execve_fd(int fd, const char *const *argv,
    const char *const *environment)
{
	return (int)syscall(SYS_execveat, fd, "", argv, environment,
	    AT_EMPTY_PATH);
}

int
compat_drop_capabilities(void)
{
	struct { uint32_t version; int pid; } us =
	    { KERNEL_CAPABILITY_VERSION_3, 0 };
	struct kernel_capabilities held[2] = { { 0 } }, none[2] = { { 0 } };

	if (syscall(SYS_capget, &us, held) == -1)
		return -1;
	if (memcmp(held, none, sizeof held) == 0)
		return 0;
	return (int)syscall(SYS_capset, &us, none);
}
