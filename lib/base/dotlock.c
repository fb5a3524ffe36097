/* dotlock.c: lock files, "NAME.lock" beside NAME, which other programs know. */
#include "dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compat.h"
#include "fd.h"
#include "mem.h"
#include "scope.h"
#include "str.h"

enum { HOST_MAX = DOTLOCK_TEXT - 32 };

static const char *
this_host(char host[HOST_MAX])
{
	if (gethostname(host, HOST_MAX) == -1)
		return "localhost";
	host[HOST_MAX - 1] = '\0';
	return host;
}

static bool
process_is_gone(const char *text)
{
	char host[HOST_MAX], there[HOST_MAX] = "";
	long pid = 0;

	if (sscanf(text, "%ld %255s", &pid, there) < 1 || pid <= 0)
		return false;
	if (there[0] != '\0' && strcmp(there, this_host(host)) != 0)
		return false;
	return kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

static bool
tells_of_nobody(int fd)
{
	char text[DOTLOCK_TEXT];
	ssize_t n = fd_read(fd, text, sizeof text - 1);

	if (n == -1)
		return false;
	text[n] = '\0';
	return process_is_gone(text);
}

/* One that may not be read (mutt makes them with mode 0) tells its time.  False,
 * and errno is ENOENT: there is none. */
static bool
is_stale(int dir, const char *name, struct stat *st)
{
	SCOPED(drop_fd) int fd = compat_open_beneath(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);

	if (fd == -1 && errno != EACCES)
		return false;
	if ((fd != -1 ? fstat(fd, st) :
	    fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW)) == -1)
		return false;
	errno = 0;
	return S_ISREG(st->st_mode) && (time(NULL) - st->st_mtime >
	    DOTLOCK_STALE || (fd != -1 && tells_of_nobody(fd)));
}

/* True when the lock file was stale and is gone now. */
static bool
remove_stale(int dir, const char *name)
{
	struct stat judged, now;

	if (!is_stale(dir, name, &judged))
		return errno == ENOENT;
	/* Somebody may have replaced it since: take away only what was
	 * judged. */
	if (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT;
	if (now.st_ino != judged.st_ino || now.st_dev != judged.st_dev)
		return false;
	return unlinkat(dir, name, 0) == 0;
}

bool
dotlock_is_stale(int dir, const char *name)
{
	SCOPED(drop_str) struct str file = { 0 };
	struct stat st;

	str_addf(&file, "%s.lock", name);
	return is_stale(dir, str_text(&file), &st);
}

/* What the file says: whose it is. */
static int
lock_text(char *text, size_t size)
{
	char host[HOST_MAX];

	return snprintf(text, size, "%ld %s\n", (long)getpid(),
	    this_host(host));
}

static int
write_draft(int dir, const char *draft, struct err *err)
{
	char text[DOTLOCK_TEXT];
	SCOPED(drop_fd) int fd = -1;

	fd = compat_open_beneath(dir, draft,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_sys(err, "create %s", draft);
	if (fd_write(fd, text, (size_t)lock_text(text, sizeof text)) == -1) {
		err_fill_sys(err, "write %s", draft);
		unlinkat(dir, draft, 0);
		return -1;
	}
	return 0;
}

/* Written under a name of its own and then linked: a crash never leaves an
 * empty lock file, which nobody could tell from one that is held. */
static int
create(int dir, const char *name, struct err *err)
{
	SCOPED(drop_str) struct str draft = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	str_addf(&draft, ".%s.%ld.%lld%09ld", name, (long)getpid(),
	    (long long)now.tv_sec, now.tv_nsec);
	if (write_draft(dir, str_text(&draft), err) == -1)
		return -1;
	int linked = linkat(dir, str_text(&draft), dir, name, 0);
	int why = errno;
	unlinkat(dir, str_text(&draft), 0);
	errno = why;
	if (linked == -1)
		return why == EEXIST ? 0 : err_sys(err, "create %s", name);
	return 1;
}

static bool
is_same_file(int dir, const char *name, int fd)
{
	struct stat there, ours;

	return fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstat(fd, &ours) == 0 && there.st_ino == ours.st_ino &&
	    there.st_dev == ours.st_dev;
}

/* On a full disk a lock may have no text: others go by its time then, which a
 * queue that was made long ago has to get. */
static int
write_queue(const struct dotlock_queue *queue, struct err *err)
{
	char text[DOTLOCK_TEXT];
	int n = lock_text(text, sizeof text);

	/* With the NUL: an older text may be longer. */
	if (fd_pwrite(queue->fd, text, (size_t)n + 1, 0) != -1 ||
	    (err_no_room() && futimens(queue->fd, NULL) == 0))
		return 0;
	return err_sys(err, "write %s", queue->name);
}

/* A name that is there already was left by one of ours that died: nobody else
 * alive has the queue. */
static int
link_queue(int dir, const char *name, const struct dotlock_queue *queue,
    struct err *err)
{
	if (write_queue(queue, err) == -1)
		return -1;
	if (linkat(dir, queue->name, dir, name, 0) == 0)
		return 1;
	if (errno != EEXIST)
		return err_sys(err, "create %s", name);
	return is_same_file(dir, name, queue->fd) ? 1 : 0;
}

static int
take(int dir, const char *name, const struct dotlock_queue *queue,
    struct err *err)
{
	return queue != NULL ? link_queue(dir, name, queue, err) :
	    create(dir, name, err);
}

/* Programs make plain files: anything else would be waited for in vain. */
static bool
is_no_lock(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode);
}

/* 0: it is not there, or cannot be looked at. */
static ino_t
number_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_ino :
	    0;
}

static int
refuse(const char *name, struct err *err)
{
	errno = EEXIST;
	return err_set(err, ERR_REFUSED,
	    "%s: not a plain file: take it away", name);
}

int
dotlock_try(int dir, const char *name, const struct dotlock_queue *queue,
    struct dotlock *lock, struct err *err)
{
	SCOPED(drop_str) struct str file = { 0 };
	int got;

	str_addf(&file, "%s.lock", name);
	got = take(dir, str_text(&file), queue, err);
	if (got == 0 && remove_stale(dir, str_text(&file)))
		got = take(dir, str_text(&file), queue, err);
	if (got == 0 && is_no_lock(dir, str_text(&file)))
		return refuse(str_text(&file), err);
	if (got == 1)
		*lock = (struct dotlock){ dir, mem_dup(file.s, file.len),
		    number_of(dir, str_text(&file)) };
	return got;
}

/* Where that cannot be told it is ours: it was. */
static bool
is_anothers(const struct dotlock *lock)
{
	ino_t now = number_of(lock->dir, lock->name);

	return lock->ino != 0 && now != 0 && now != lock->ino;
}

void
drop_dotlock(struct dotlock *lock)
{
	if (lock->name != NULL && !is_anothers(lock))
		unlinkat(lock->dir, lock->name, 0);
	drop_mem(&lock->name);
}
