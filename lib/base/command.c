/* command.c: a program that is run to its end, fed and read by a deadline. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "compat.h"
#include "fd.h"
#include "scope.h"

enum { CHUNK = 16384 };

struct pipes {
	/* of the command: [0] is read, [1] written */
	int	in[2], out[2], errors[2];
};

static void
drop_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		drop_fd(&p->in[i]);
		drop_fd(&p->out[i]);
		drop_fd(&p->errors[i]);
	}
}

static int
open_pipes(const struct command *c, struct pipes *p, struct err *err)
{
	if ((c->input != NULL && pipe2(p->in, O_CLOEXEC) == -1) ||
	    (c->keep_output && pipe2(p->out, O_CLOEXEC) == -1) ||
	    pipe2(p->errors, O_CLOEXEC) == -1)
		return err_sys(err, "pipe");
	if (p->in[1] != -1)
		fcntl(p->in[1], F_SETFL, O_NONBLOCK);
	return 0;
}

static void
standard_fd(int fd, int flags, int as)
{
	if (fd == -1)
		fd = open("/dev/null", flags);
	if (fd == -1 || dup2(fd, as) == -1)
		_exit(126);
}

/* The limits of whoever started us, where they are lower, stay. */
static int
lower_limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) == -1)
		return -1;
	if (limit.rlim_cur > soft)
		limit.rlim_cur = soft;
	if (limit.rlim_max > hard)
		limit.rlim_max = hard;
	return setrlimit(resource, &limit);
}

/* How many it may run on at once. */
static rlim_t
processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ?
	    (rlim_t)CPU_COUNT(&set) : CPU_SETSIZE;
}

/* The deadline ends what stays in its group; this ends what leaves it.  Not
 * what it maps, for many programs map far more than they use; nor how many
 * processes there are, for that counts all of the user's. */
static int
bound(const struct command *c)
{
	enum { ROUNDED_UP = 1, TO_SAY_SO = 2 };
	rlim_t seconds = ((rlim_t)deadline_left(c->deadline) / 1000 +
	    ROUNDED_UP) * processors();

	if (lower_limit(RLIMIT_CPU, seconds, seconds + TO_SAY_SO) == -1)
		return -1;
	return lower_limit(RLIMIT_FSIZE, c->file_max, c->file_max);
}

static _Noreturn void
become_command(const struct command *c, const struct pipes *p)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t nothing;
	struct err err;

	standard_fd(p->in[0], O_RDONLY, STDIN_FILENO);
	standard_fd(p->out[1], O_WRONLY, STDOUT_FILENO);
	standard_fd(p->errors[1], O_WRONLY, STDERR_FILENO);
	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &standard, NULL);
	sigemptyset(&nothing);
	sigprocmask(SIG_SETMASK, &nothing, NULL);
	if (compat_cloexec_from(3) == -1 ||
	    (c->bounded && bound(c) == -1) ||
	    chdir(c->directory ? c->directory : "/") == -1 ||
	    (c->who != NULL && ident_become(*c->who, &err) == -1))
		_exit(126);
	if (c->program > STDERR_FILENO)
		compat_execve_fd(c->program, c->argv, c->environment);
	else
		execve(c->argv[0], (char *const *)(intptr_t)c->argv,
		    (char *const *)(intptr_t)c->environment);
	int failed = errno;
	dprintf(STDERR_FILENO, "cannot start %s: %s\n", c->argv[0],
	    strerror(failed));
	_exit(failed == ENOENT ? 127 : 126);
}

/* What was read from the input but does not fit into the pipe yet. */
struct feed {
	char	chunk[CHUNK];
	size_t	start, end;
};

/* It may have been a password. */
static void
drop_feed(struct feed *feed)
{
	explicit_bzero(feed, sizeof *feed);
}

static int
feed_more(const struct command *c, struct feed *feed, int *to, struct err *err)
{
	if (feed->start == feed->end) {
		ssize_t n = stream_read(c->input, feed->chunk,
		    sizeof feed->chunk, err);
		if (n == -1)
			return -1;
		if (n == 0)
			drop_fd(to);
		feed->start = 0;
		feed->end = (size_t)n;
		return 0;
	}
	ssize_t n = write(*to, feed->chunk + feed->start,
	    feed->end - feed->start);
	if (n > 0)
		feed->start += (size_t)n;
	else if (n == -1 && errno == EPIPE)
		drop_fd(to);			/* it does not want the rest */
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		return err_sys(err, "write to %s", c->argv[0]);
	return 0;
}

/* Where what is read from a pipe goes: into memory, or to fd. */
struct sink {
	struct str	*into;
	int		 fd;		/* -1: into */
	uint64_t	 max, taken;
	bool		 overflow;	/* there was more than max */
};

/* Keeps what fits into max; the rest is read and thrown away. */
static int
drain(int *from, struct sink *sink, struct err *err)
{
	char chunk[CHUNK];
	ssize_t n = read(*from, chunk, sizeof chunk);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n == -1)
		return err_sys(err, "read from a command");
	if (n == 0) {
		drop_fd(from);
		return 0;
	}
	uint64_t room = sink->max - sink->taken;
	sink->overflow = sink->overflow || (uint64_t)n > room;
	size_t len = (uint64_t)n < room ? (size_t)n : (size_t)room;
	sink->taken += len;
	if (sink->fd == -1)
		str_add(sink->into, chunk, len);
	else if (fd_write(sink->fd, chunk, len) == -1)
		return err_sys(err, "store the output of a command");
	return 0;
}

/* How often a full pipe can be drained; a command may have enlarged its own. */
static int
chunks_in(const struct pipes *p)
{
	int out = fcntl(p->out[0], F_GETPIPE_SZ),
	    errors = fcntl(p->errors[0], F_GETPIPE_SZ);

	return (out > errors ? out : errors) / CHUNK + 1;
}

/* Once the command itself has ended, what it left in the pipes is taken, but
 * not waited for, and no more than they hold: a grandchild may keep them open,
 * or keep writing, for ever. */
static int
serve(const struct command *c, struct child *child, struct pipes *p,
    struct command_result *r, struct err *err)
{
	SCOPED(drop_feed) struct feed feed;

	feed.start = feed.end = 0;
	struct sink output = {
		.into = &r->output, .max = c->output_max,
		.fd = c->output_to > STDERR_FILENO ? c->output_to : -1,
	};
	struct sink errors = { .into = &r->errors, .fd = -1,
	    .max = COMMAND_ERRORS };
	bool ended = false;

	for (int rounds = 1; rounds > 0; rounds -= ended) {
		struct pollfd polls[] = {
			{ .fd = p->in[1], .events = POLLOUT },
			{ .fd = p->out[0], .events = POLLIN },
			{ .fd = p->errors[0], .events = POLLIN },
			{ .fd = ended ? -1 : child->pidfd, .events = POLLIN },
		};
		if (!ended && deadline_over(c->deadline))
			return err_set(err, ERR_TEMPORARY, "%s took too long",
			    c->argv[0]);
		int n = poll(polls, 4, ended ? 0 : deadline_left(c->deadline));
		if (n == -1 && errno != EINTR)
			return err_sys(err, "poll");
		if (n == 0 && ended)
			break;
		if (n <= 0)
			continue;
		if (polls[0].revents && !ended &&
		    feed_more(c, &feed, &p->in[1], err) == -1)
			return -1;
		if (polls[0].revents && ended)
			drop_fd(&p->in[1]);
		if ((polls[1].revents &&
		    drain(&p->out[0], &output, err) == -1) ||
		    (polls[2].revents &&
		    drain(&p->errors[0], &errors, err) == -1))
			return -1;
		if (output.overflow)
			return err_set(err, ERR_TEMPORARY,
			    "%s wrote more than %llu bytes", c->argv[0],
			    (unsigned long long)c->output_max);
		if (!ended && polls[3].revents) {
			ended = true;
			rounds = chunks_in(p) + 1;	/* and this one */
		}
	}
	return 0;
}

/* Whoever is ended while a command runs takes the command's whole group
 * along: the kernel's own signal at a parent's death reaches the command
 * alone, not what it has started. */
static volatile sig_atomic_t running;
static struct sigaction before_running;

static void
end_running(int signo)
{
	if (running > 0)
		kill(-(pid_t)running, SIGKILL);
	sigaction(signo, &before_running, NULL);
	raise(signo);			/* blocked until we return */
}

struct watch {
	bool	on;
	/* of this process, at its parent's death */
	int	death_signal;
};

static void
drop_watch(struct watch *w)
{
	if (!w->on)
		return;
	running = 0;
	sigaction(SIGTERM, &before_running, NULL);
	if (w->death_signal != 0)
		prctl(PR_SET_PDEATHSIG, w->death_signal);
}

static void
begin_watch(struct watch *w)
{
	struct sigaction end = { .sa_handler = end_running };

	w->on = true;
	sigaction(SIGTERM, &end, &before_running);
	if (prctl(PR_GET_PDEATHSIG, &w->death_signal) == 0 &&
	    w->death_signal != 0)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
}

/* No signal comes between the fork and our knowledge of it. */
static int
fork_watched(struct child *child, struct err *err)
{
	sigset_t term, before;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	int forked = child_fork(child, err);
	if (forked > 0)
		running = forked;
	if (forked != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return forked;
}

int
command_run(const struct command *c, struct command_result *r, struct err *err)
{
	SCOPED(drop_pipes) struct pipes p = { { -1, -1 }, { -1, -1 },
	    { -1, -1 } };
	SCOPED(drop_watch) struct watch watch = { 0 };
	SCOPED(drop_child) struct child child = CHILD_NONE;

	if (open_pipes(c, &p, err) == -1)
		return -1;
	begin_watch(&watch);
	int forked = fork_watched(&child, err);
	if (forked == -1)
		return -1;
	if (forked == 0)
		become_command(c, &p);
	drop_fd(&p.in[0]);
	drop_fd(&p.out[1]);
	drop_fd(&p.errors[1]);
	if (serve(c, &child, &p, r, err) == -1)
		return -1;
	/* What it left running in its group would outlive the delivery. */
	kill(-child.pid, SIGKILL);
	return child_wait(&child, deadline_in(1000), &r->status, err);
}

void
drop_command_result(struct command_result *r)
{
	drop_str(&r->output);
	drop_str(&r->errors);
}

void
command_reason(const struct command_result *r, struct str *out)
{
	struct slice rest = str_slice(&r->errors), line = { 0 };

	while (line.len == 0 && slice_cut(&rest, '\n', &line))
		line = slice_trim(line);
	for (size_t i = 0; i < line.len && i < 300; i++)
		str_addc(out, line.p[i] >= 0x20 && line.p[i] < 0x7F ?
		    line.p[i] : '?');
}
