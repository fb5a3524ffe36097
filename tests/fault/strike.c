/* strike.c: runs a program and strikes at the Nth system call of all its
 * processes.
 *
 *	strike FILE [+]N HOW CALLS program [argument...]
 *
 * HOW is "kill" (the process that makes the call dies before it is made),
 * "short" (a call that writes gets half of its bytes only; CALLS are such), or
 * an errno's number (the call is not made, close() is, and fails with it).
 * CALLS is "all", or names separated by commas.  Counting begins when the
 * program opens /dev/null, the first thing that ours do; with the +, when
 * strike is sent SIGUSR1.  FILE gets the name of the call that was struck, or
 * stays empty: there was no Nth call.  The exit status is the program's, 128 +
 * the signal that it died of; strike ends when all of its processes have ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 64 };

static struct {
	long		 n, seen;
	int		 error;		/* 0: kill, or shorten */
	bool		 shortens;
	const char	*calls;
	const char	*file;
	/* counting begins at the signal */
	bool		 waits;
	bool		 done;
} strike;
static volatile sig_atomic_t begun;

static struct process {
	pid_t	pid;
	/* the call that it is in shall fail; its argument, if it is brk();
	 * what it is to write, if it writes less */
	bool	fails;
	unsigned long long brk, length;
} processes[PROCESSES];

static const struct name {
	long		 number;
	const char	*text;
} names[] = {
#define CALL(name) { SYS_##name, #name }
	CALL(write), CALL(pwrite64), CALL(fsync), CALL(fdatasync), CALL(openat), CALL(openat2),
	    CALL(open),
	CALL(rename), CALL(renameat), CALL(renameat2), CALL(link), CALL(linkat),
	    CALL(ftruncate),
	CALL(unlink), CALL(unlinkat), CALL(mkdir), CALL(mkdirat), CALL(read),
	    CALL(pread64),
	CALL(fstat), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(fcntl),
	    CALL(mmap), CALL(brk),
	CALL(munmap), CALL(close), CALL(pipe2), CALL(fork), CALL(vfork),
	    CALL(clone), CALL(clone3),
	CALL(wait4), CALL(poll), CALL(ppoll), CALL(pidfd_open), CALL(kill),
	    CALL(dup2), CALL(execve),
	CALL(setresuid), CALL(setresgid), CALL(setgroups), CALL(getgroups),
	    CALL(prctl),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(umask), CALL(getrandom),
	    CALL(uname),
	CALL(setpgid), CALL(fchown), CALL(fchmod), CALL(close_range),
	    CALL(chdir), CALL(getdents64),
	CALL(setuid), CALL(setgid), CALL(lseek), CALL(writev), CALL(readv),
	    CALL(exit_group),
	CALL(sendto), CALL(recvfrom), CALL(sendmsg), CALL(recvmsg),
	    CALL(socketpair), CALL(socket), CALL(connect), CALL(shutdown),
	CALL(chroot), CALL(getsockopt), CALL(setsockopt), CALL(getpeername),
	    CALL(getsockname),
	CALL(dup), CALL(dup3), CALL(prlimit64), CALL(waitid),
	    CALL(mprotect),
	CALL(sendfile), CALL(splice),
	    CALL(copy_file_range),
	CALL(getpid), CALL(getppid), CALL(geteuid), CALL(getuid),
	    CALL(clock_nanosleep), CALL(restart_syscall),
};

static const char *
name_of(long number)
{
	static char other[32];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			return names[i].text;
	snprintf(other, sizeof other, "call-%ld", number);
	return other;
}

static bool
is_chosen(const char *name)
{
	size_t len = strlen(name);

	if (strcmp(strike.calls, "all") == 0)
		return true;
	for (const char *p = strike.calls; (p = strstr(p, name)) != NULL;
	    p += len)
		if ((p == strike.calls || p[-1] == ',') &&
		    (p[len] == ',' || p[len] == '\0'))
			return true;
	return false;
}

static struct process *
find(pid_t pid)
{
	struct process *unused = NULL;

	for (size_t i = 0; i < PROCESSES; i++) {
		if (processes[i].pid == pid)
			return &processes[i];
		if (processes[i].pid == 0 && unused == NULL)
			unused = &processes[i];
	}
	if (unused == NULL)
		abort();
	*unused = (struct process){ .pid = pid };
	return unused;
}

static void
note(const char *name)
{
	FILE *f = fopen(strike.file, "w");

	if (f == NULL || fprintf(f, "%s\n", name) < 0 || fclose(f) == EOF)
		abort();
}

static bool
opens_dev_null(pid_t pid, const struct __ptrace_syscall_info *call)
{
	unsigned long long path = call->entry.args[call->entry.nr == SYS_openat];
	long word;

	if (call->entry.nr != SYS_open && call->entry.nr != SYS_openat)
		return false;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)path, NULL);
	return memcmp(&word, "/dev/nul", sizeof word) == 0;
}

static void
enter_call(struct process *p, const struct __ptrace_syscall_info *call)
{
	const char *name = name_of((long)call->entry.nr);
	struct user_regs_struct regs;

	if (!begun && !strike.waits)
		begun = opens_dev_null(p->pid, call);
	if (!begun || strike.done || !is_chosen(name))
		return;
	if (strike.seen + 1 == strike.n &&
	    ptrace(PTRACE_GETREGS, p->pid, NULL, &regs) == -1)
		return;			/* it is gone: the next one then */
	if (++strike.seen != strike.n)
		return;
	strike.done = true;
	note(name);
	if (strike.shortens) {
		p->length = regs.rdx;
		regs.rdx = (regs.rdx + 1) / 2;
		ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
		return;
	}
	if (strike.error == 0) {
		kill(p->pid, SIGKILL);
		return;
	}
	/* As the kernel has it: close() gives the descriptor back in any case,
	 * and a brk() that fails returns where the end is. */
	p->fails = true;
	p->brk = regs.orig_rax == SYS_brk ? regs.rdi : 0;
	if (p->brk != 0)
		regs.rdi = 0;
	else if (regs.orig_rax != SYS_close)
		regs.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
}

static void
leave_call(struct process *p)
{
	struct user_regs_struct regs;

	if ((!p->fails && p->length == 0) ||
	    ptrace(PTRACE_GETREGS, p->pid, NULL, &regs) == -1)
		return;
	p->fails = false;
	if (p->length != 0)
		regs.rdx = p->length;
	else if (p->brk != 0)
		regs.rdi = p->brk;
	else
		regs.rax = (unsigned long long)-strike.error;
	p->length = 0;
	ptrace(PTRACE_SETREGS, p->pid, NULL, &regs);
}

/* What struck once looks at no other call: its processes run on by themselves,
 * but for the one whose call is to fail when it ends. */
static enum __ptrace_request
how_to_go_on(const struct process *p)
{
	return strike.done && !p->fails && p->length == 0 ? PTRACE_CONT :
	    PTRACE_SYSCALL;
}

/* The signal to hand on. */
static int
stopped(struct process *p, int status)
{
	int signo = WSTOPSIG(status);

	if (signo == (SIGTRAP | 0x80)) {
		struct __ptrace_syscall_info call = { 0 };
		ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof call, &call);
		if (call.op == PTRACE_SYSCALL_INFO_ENTRY)
			enter_call(p, &call);
		else
			leave_call(p);
		return 0;
	}
	return signo == SIGTRAP || signo == SIGSTOP ? 0 : signo;
}

static int
follow(pid_t first)
{
	int status, result = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != -1 || errno == EINTR) {
		struct process *p = find(pid);
		if (WIFSTOPPED(status)) {
			int signo = stopped(p, status);
			ptrace(how_to_go_on(p), pid, NULL,
			    (void *)(ptrdiff_t)signo);
			continue;
		}
		p->pid = 0;
		if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
	}
	return result;
}

static void
begin(int signo)
{
	(void)signo;
	begun = true;
}

int
main(int argc, char **argv)
{
	enum { OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL };
	int status;

	if (argc < 6)
		return 125;
	strike.file = argv[1];
	strike.n = atol(argv[2]);
	strike.waits = argv[2][0] == '+';
	strike.shortens = strcmp(argv[3], "short") == 0;
	strike.error = atoi(argv[3]);
	strike.calls = argv[4];
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[5], argv + 5);
		_exit(126);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
	    (void *)(ptrdiff_t)OPTIONS) == -1 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == -1)
		return 125;
	find(pid);
	signal(SIGUSR1, begin);
	return follow(pid);
}
