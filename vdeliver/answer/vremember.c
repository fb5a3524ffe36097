/* vremember.c: remembers who was answered, in an index (GDBM).
 *
 *	vremember NAME once SECONDS NOW MOST
 *	vremember NAME rate COUNT   NOW MOST
 *
 * NAME is the index, in the directory that it was started in, the sender is on
 * standard input.  "once": is there no answer younger than SECONDS (0: none at
 * all)?  "rate": were there fewer than COUNT within the last hour?  One word
 * comes back: "new" (and that is on disk by then), "known", "busy", "broken".
 *
 * The index may be anything that its owner, or a crash, left there.  So this
 * process is the owner, without a right more, with little memory and time; and
 * an index is never changed in place: a copy is, and then renamed over it.
 * What is not understood is set aside as NAME.damaged, and a new one begun,
 * which remembers this sender.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

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

enum verdict { NEW, KNOWN, BUSY, BROKEN };

static _Noreturn void
say(enum verdict verdict)
{
	static const char *const words[] = { "new\n", "known\n", "busy\n",
	    "broken\n" };

	_exit(fd_write(STDOUT_FILENO, words[verdict],
	    strlen(words[verdict])) == -1 ? EX_TEMPFAIL : 0);
}

/* What GDBM cannot go on from, crashes on, or never comes to an end with, is
 * set aside without any more of it: the new index is empty. */
static const struct question *asked;
static int asked_in = -1;

static _Noreturn void
give_up(void)
{
	int fd = -1;

	if (asked_in != -1 && renameat(asked_in, asked->name, asked_in,
	    asked->aside) == 0)
		fd = openat(asked_in, asked->name,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	drop_fd(&fd);
	say(BROKEN);
}

static void
end_fatally(const char *text)
{
	(void)text;
	give_up();
}

/* --- the answer ----------------------------------------------------------- */

static enum verdict
begin_anew(const struct question *q, int dir, struct slice value)
{
	bool unused;

	if (renameat(dir, q->name, dir, q->aside) == 0)
		index_replace(q, dir, -1, 0, value, &unused);
	return BROKEN;
}

static bool
can_be_one(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 &&
	    (st->st_uid == geteuid() || st->st_uid == 0);
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
		if (*fd == -1 || fstat(*fd, st) == -1 || !can_be_one(st) ||
		    st->st_size > INDEX_MAX)
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

static enum verdict
answer(const struct question *q, int dir)
{
	SCOPED(drop_fd) int fd = -1;
	SCOPED(drop_str) struct str value = { 0 }, next = { 0 };
	struct stat st;
	bool damaged;

	int locked = open_locked(q, dir, &fd, &st);
	if (locked != 1)
		return locked == 0 ? BUSY : BROKEN;
	int got = index_look_up(q, fd, st.st_size, &value, &damaged);
	bool due = value_is_due(q, got == 1, str_slice(&value), &next);
	if (got == -1)
		return damaged ? begin_anew(q, dir, str_slice(&next)) :
		    BROKEN;
	bool odd = got == 1 && value_is_odd(q, str_slice(&value));
	if (!due && !odd)
		return KNOWN;
	if (index_replace(q, dir, st.st_size > 0 ? fd : -1, st.st_size,
	    str_slice(&next), &damaged) == 0)
		return odd ? KNOWN : NEW;
	return damaged && st.st_size > 0 ? begin_anew(q, dir,
	    str_slice(&next)) : BROKEN;
}

/* --- the call ------------------------------------------------------------ */

static void
end_by_signal(int signo)
{
	(void)signo;
	give_up();
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
	    SIGABRT, SIGXCPU };
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = {
		.sa_handler = end_by_signal,
		.sa_flags = SA_ONSTACK | (int)SA_RESETHAND,
	};

	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGXFSZ, SIG_IGN);
}

static void
limit(int what, rlim_t most)
{
	const struct rlimit limits = { most, most + (what == RLIMIT_CPU) };

	setrlimit(what, &limits);
}

/* What a hostile index can make GDBM do stays small. */
static void
confine(void)
{
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_AS, MEMORY_MAX);
#endif
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_FSIZE, INDEX_MAX + INDEX_MAX / 4);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_CORE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

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

	confine();
	catch_signals();
	index_fatal = end_fatally;
	if (argc != 6 || !read_question(argv, &q)) {
		fprintf(stderr, "usage: vremember name once|rate amount now "
		    "most <sender\n");
		return EX_USAGE;
	}
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		say(BROKEN);
	str_addf(&aside, "%s.damaged", q.name);
	q.aside = str_text(&aside);
	asked = &q;
	asked_in = dir;
	say(answer(&q, dir));
}
