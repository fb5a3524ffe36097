/* vremember.c: remembers who was answered, in an index (GDBM).
 *
 *	vremember NAME once SECONDS NOW MOST
 *	vremember NAME rate COUNT   NOW MOST
 *	vremember NAME ...              MOST peek
 *
 * NAME is the index, in the directory that it was started in, the sender is on
 * standard input.  "once": is there no answer younger than SECONDS (0: none at
 * all)?  "rate": were there fewer than COUNT within the last hour?  One word
 * comes back: "new" (and that is on disk by then), "known", "busy", "broken";
 * behind "broken" may be why.  With "peek" the same word comes back, and nothing
 * is remembered, set aside or waited for.
 *
 * The index may be anything that its owner, or a crash, left there.  So this
 * process is the owner, without a right more; GDBM reads the index in a child
 * with few system calls, little memory and time, which may crash; and an index is never changed
 * in place: a copy is, and then renamed over it.  What is not understood is set
 * aside as NAME.damaged, and a new one begun, which remembers this sender.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "child.h"
#include "compat.h"
#include "fd.h"
#include "index.h"
#include "lock.h"
#include "question.h"
#include "scope.h"

enum {
	KEY_MAX = 1024,
	INDEX_MAX = 64 * 1024 * 1024,
	MEMORY_MAX = 256 * 1024 * 1024,
	CPU_SECONDS = 5,
	TRIES = 40, PAUSE_MS = 50,	/* for the lock */
};

/* The child ends with one as its status; GAVE_UP: GDBM could not go on. */
enum verdict { NEW, KNOWN, BUSY, BROKEN, GAVE_UP };

/* Why, where the index itself is to blame. */
static const char *complaint = "";

static _Noreturn void
say(enum verdict verdict)
{
	static const char *const words[] = { "new", "known", "busy",
	    "broken" };
	SCOPED(drop_str) struct str line = { 0 };

	str_adds(&line, words[verdict]);
	if (verdict == BROKEN && complaint[0] != '\0')
		str_addf(&line, " %s", complaint);
	str_addc(&line, '\n');
	_exit(fd_write(STDOUT_FILENO, line.s, line.len) == -1 ?
	    EX_TEMPFAIL : 0);
}

static void
end_fatally(const char *text)
{
	(void)text;
	_exit(GAVE_UP);
}

/* --- the file ------------------------------------------------------------ */

#define NOT_PLAIN "not a plain file of its own with one name"

/* "": it can be an index; or it was one, if it has been replaced since it was
 * opened. */
static const char *
why_none(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink > 1 ||
	    (st->st_uid != geteuid() && st->st_uid != 0))
		return NOT_PLAIN;
	return st->st_size > INDEX_MAX ? "longer than 64 MB" : "";
}

/* A link, a directory, a socket. */
static const char *
why_not_open(int error)
{
	return error == ELOOP || error == EISDIR || error == ENXIO ?
	    NOT_PLAIN : strerror(error);
}

/* Opens it and has its lock, and it is still what has the name.  1, 0: somebody
 * else has it, -1: it is none. */
static int
open_locked(const struct question *q, int dir, int *fd, struct stat *st)
{
	enum { FLAGS = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };
	struct stat named;
	struct err err;

	for (int i = 0; i < TRIES; i++) {
		drop_fd(fd);
		*fd = compat_open_beneath(dir, q->name, FLAGS, 0);
		complaint = *fd == -1 || fstat(*fd, st) == -1 ?
		    why_not_open(errno) : why_none(st);
		if (complaint[0] != '\0')
			return -1;
		int got = lock_try(*fd, &err);
		if (got == -1)
			return -1;
		if (got == 1 && fstat(*fd, st) == 0 &&
		    fstatat(dir, q->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    named.st_ino == st->st_ino && named.st_dev == st->st_dev)
			return 1;
		poll(NULL, 0, got == 1 ? 0 : PAUSE_MS);
	}
	return 0;
}

/* An index is replaced, never changed: whoever only reads needs no lock. */
static int
open_to_peek(const struct question *q, int dir, int *fd, struct stat *st)
{
	enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC };

	*fd = compat_open_beneath(dir, q->name, FLAGS, 0);
	complaint = *fd == -1 || fstat(*fd, st) == -1 ? why_not_open(errno) :
	    why_none(st);
	return complaint[0] != '\0' ? -1 : 1;
}

/* --- the child ------------------------------------------------------------ */

/* What GDBM crashes on, or never comes to an end with, is the index's fault. */
static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
    SIGXCPU };

static void
limit(int what, rlim_t most)
{
	const struct rlimit limits = { most, most + (what == RLIMIT_CPU) };

	setrlimit(what, &limits);
}

/* Nothing of what takes a program over to more: starting another, the network,
 * other processes, the kernel's rarer doors.  Reading and writing files is
 * what the account could do in any case. */
static void
forbid_calls(void)
{
	static const int calls[] = {
		SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
		SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3),
		SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
		SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
		SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
		SCMP_SYS(kill), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev), SCMP_SYS(mount),
		SCMP_SYS(umount2), SCMP_SYS(chroot), SCMP_SYS(unshare),
		SCMP_SYS(setns), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
		SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
		SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
		SCMP_SYS(memfd_create), SCMP_SYS(personality),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL)
		return;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, calls[i], 0);
	/* A kernel that cannot leaves the limits below. */
	seccomp_load(filter);
	seccomp_release(filter);
}

/* What a hostile index can make GDBM do stays small. */
static void
confine(void)
{
	forbid_calls();
	/* a sanitizer has its own way to end */
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		signal(faults[i], SIG_DFL);
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, MEMORY_MAX);
#endif
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_FSIZE, INDEX_MAX + INDEX_MAX / 4);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
}

/* What the index says, and what becomes of it; in the child. */
static enum verdict
ask(const struct question *q, int dir, int fd, off_t size)
{
	SCOPED(drop_str) struct str value = { 0 }, next = { 0 };
	bool damaged;

	int got = index_look_up(q, fd, size, &value, &damaged);
	bool due = value_is_due(q, got == 1, str_slice(&value), &next);
	if (got == -1)
		return damaged ? GAVE_UP : BROKEN;
	bool odd = got == 1 && value_is_odd(q, str_slice(&value));
	if (q->peek || (!due && !odd))
		return due && !odd ? NEW : KNOWN;
	if (index_replace(q, dir, size > 0 ? fd : -1, size,
	    str_slice(&next), &damaged) == 0)
		return odd ? KNOWN : NEW;
	return damaged && size > 0 ? GAVE_UP : BROKEN;
}

/* --- the answer ----------------------------------------------------------- */

static enum verdict
verdict_of(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) <= GAVE_UP)
		return (enum verdict)WEXITSTATUS(status);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (WIFSIGNALED(status) && WTERMSIG(status) == faults[i])
			return GAVE_UP;
	complaint = "its reader ended badly";
	return BROKEN;
}

/* The child has the lock, too. */
static enum verdict
ask_apart(const struct question *q, int dir, int fd, off_t size)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child == -1) {
		complaint = strerror(errno);
		return BROKEN;
	}
	if (child == 0) {
		child_end_with(parent, SIGKILL);
		confine();
		_exit((int)ask(q, dir, fd, size));
	}
	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			return BROKEN;
	return verdict_of(status);
}

/* Set aside without any more of it; the new one knows this sender. */
static enum verdict
begin_anew(const struct question *q, int dir)
{
	SCOPED(drop_str) struct str value = { 0 };
	bool unused;

	value_is_due(q, false, SLICE(""), &value);
	if (renameat(dir, q->name, dir, q->aside) == 0)
		index_replace(q, dir, -1, 0, str_slice(&value), &unused);
	return BROKEN;
}

static enum verdict
answer(const struct question *q, int dir)
{
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	int locked = q->peek ? open_to_peek(q, dir, &fd, &st) :
	    open_locked(q, dir, &fd, &st);
	if (locked != 1)
		return locked == 0 ? BUSY : BROKEN;
	enum verdict verdict = ask_apart(q, dir, fd, st.st_size);
	if (verdict == GAVE_UP && q->peek)
		return BROKEN;
	return verdict == GAVE_UP ? begin_anew(q, dir) : verdict;
}

/* --- the call ------------------------------------------------------------ */

static bool
read_question(char **argv, struct question *q)
{
	char key[KEY_MAX];

	q->name = argv[1];
	q->kind = strcmp(argv[2], "rate") == 0 ? RATE : ONCE;
	if (strchr(q->name, '/') != NULL ||
	    (q->kind == ONCE && strcmp(argv[2], "once") != 0) ||
	    slice_number(slice_of(argv[3]), INT64_MAX, &q->amount) == -1 ||
	    slice_number(slice_of(argv[4]), INT64_MAX, &q->now) == -1 ||
	    slice_number(slice_of(argv[5]), INT64_MAX, &q->most) == -1)
		return false;
	ssize_t n = fd_read(STDIN_FILENO, key, sizeof key);
	if (n <= 0 || n == (ssize_t)sizeof key)
		return false;
	str_addlower(&q->key, (struct slice){ key, (size_t)n });
	return true;
}

int
main(int argc, char **argv)
{
	SCOPED(drop_str) struct str aside = { 0 };
	struct question q = { 0 };
	int dir;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(SIGXFSZ, SIG_IGN);
	index_fatal = end_fatally;
	q.peek = argc == 7 && strcmp(argv[6], "peek") == 0;
	if ((argc != 6 && !q.peek) || !read_question(argv, &q)) {
		fprintf(stderr, "usage: vremember name once|rate amount now "
		    "most [peek] <sender\n");
		return EX_USAGE;
	}
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		say(BROKEN);
	str_addf(&aside, "%s.damaged", q.name);
	q.aside = str_text(&aside);
	say(answer(&q, dir));
}
