/* compat.h: Linux calls that one of our C libraries lacks (musl 1.2.3).
 *
 * Same meaning, arguments and errno as the manual pages of section 2.
 */
#ifndef COMPAT_H
#define COMPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int	compat_renameat2_noreplace(int from_dir, const char *from, int to_dir,
	    const char *to);
/* Both names must be there. */
int	compat_renameat2_exchange(int from_dir, const char *from, int to_dir,
	    const char *to);
/* openat() that never leads out of dir: no "..", no absolute path, no symbolic
 * link anywhere (openat2(), RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS).  Where
 * the kernel has no such call, O_NOFOLLOW does it for a name without slashes. */
int	compat_open_beneath(int dir, const char *name, int flags, mode_t mode);

/* Whether the kernel knows, without asking a disk or a server, that nothing has
 * this absolute path: it never waits (openat2(), RESOLVE_CACHED).  False also where
 * it does not know, or has no such call. */
bool	compat_known_absent(const char *path);

/* When the file came into being, in nanoseconds since 1970: renaming, copying
 * the times of another one and new bytes leave that as it is (statx()).  Where
 * the system does not tell, when it was written last: renaming leaves that as it
 * is, too. */
int	compat_birth(int dir, const char *name, int64_t *out);

int	compat_pidfd_open(pid_t pid);
int	compat_close_range(unsigned int first, unsigned int last);

/* execveat() of the file itself. */
int	compat_execve_fd(int fd, const char *const *argv,
	    const char *const *environment);

/* Gives up all capabilities, the inheritable and ambient ones too. */
int	compat_drop_capabilities(void);

/* Marks every descriptor from first on as closed on exec. */
int	compat_cloexec_from(unsigned int first);

#endif
