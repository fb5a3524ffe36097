/* child_test.c: child processes, each with a deadline, and commands run in
 * them. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "command.h"
#include "fd.h"
#include "scope.h"

enum { SOON = 40000, OUTPUT_MAX = 1 << 20 };

static const char *const bare[] = { "PATH=/usr/bin:/bin", "NAME=value", NULL };

/* sh -c script, with input; SOON is far beyond what it takes. */
static int
run_for(const char *script, struct slice input, int64_t ms,
    struct command_result *result, struct err *err)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct stream stream = { 0 };

	stream_add_memory(&stream, input);
	struct command command = { .argv = argv, .environment = bare,
	    .input = &stream, .deadline = deadline_in(ms), .keep_output = true,
	    .output_max = OUTPUT_MAX };
	return command_run(&command, result, err);
}

static const struct row {
	const char	*name, *script, *input;
	/* of exit; below 0: minus the signal */
	int		 status;
	const char	*output, *errors;
} rows[] = {
	{ "input becomes output", "cat", "a\nb", 0, "a\nb", "" },
	{ "no input is an empty one", "wc -c", "", 0, "0\n", "" },
	{ "status and standard error are kept", "echo no >&2; exit 67", "", 67,
	  "", "no\n" },
	{ "death by a signal is told", "kill -9 $$", "", -9, "", "" },
	{ "only the given environment is there",
	  "env | grep -v -e ^PWD -e ^_ -e ^SHLVL | sort", "", 0,
	  "NAME=value\nPATH=/usr/bin:/bin\n", "" },
	{ "nothing else is open", "ls /proc/$$/fd; :", "", 0, "0\n1\n2\n", "" },
	{ "no signal is ignored or blocked",
	  /* 1 to 28: the C library keeps two of the later ones to itself. */
	  "sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\1 \\2/p' "
	  "/proc/self/status", "", 0, "Blk 0000000\nIgn 0000000\n", "" },
	{ "it leads a process group of its own",
	  "test $(cut -d' ' -f5 /proc/$$/stat) = $$", "", 0, "", "" },
	{ "it starts in the root directory", "pwd", "", 0, "/\n", "" },
	{ "a command that is not there is told as a shell does",
	  "/no/such/command 2>/dev/null", "", 127, "", "" },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct err err = { 0 };
	sigset_t blocked;

	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	int leak = fcntl(unit_dir(), F_DUPFD, 40);
	int result = run_for(row->script, slice_of(row->input), SOON, &got,
	    &err);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	close(leak);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	assert_int_equal(WIFSIGNALED(got.status) ? -WTERMSIG(got.status) :
	    WEXITSTATUS(got.status), row->status);
	assert_string_equal(str_text(&got.output), row->output);
	assert_string_equal(str_text(&got.errors), row->errors);
}

static char large[500000];

static const struct pipe_row {
	const char	*name, *script;
	size_t		 output;
} pipes[] = {
	{ "input larger than a pipe is fed while output larger than a pipe is "
	  "read", "head -c 90000", 90000 },
	{ "a command that reads nothing has done nothing wrong", "exit 0", 0 },
	{ "nor has one that reads a little", "head -c 10; exec sleep 0", 10 },
	{ "one that closes its input and goes on is waited for",
	  "exec <&-; echo done", 5 },
	{ "what it left in a full pipe is taken",
	  "head -c 65000 /dev/zero; exit 0", 65000 },
	{ "what it left in a pipe that it enlarged is taken",
	  "exec /usr/bin/python3 -c 'import fcntl, os;"
	  "fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20); os.write(1, bytes(1 << "
	  "20))'", 1 << 20 },
};

static void
check_pipe(void **state)
{
	const struct pipe_row *row = *state;
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct err err = { 0 };

	assert_int_equal(run_for(row->script,
	    (struct slice){ large, sizeof large }, SOON, &got, &err), 0);
	assert_int_equal(got.status, 0);
	assert_int_equal(got.output.len, row->output);
}

static const struct fail_row {
	const char	*name, *script;
	int64_t		 ms;
	const char	*text;
} fails[] = {
	{ "one that never ends is stopped", "sleep 1000", 100,
	  "/bin/sh took too long" },
	{ "one that ignores all signals is stopped",
	  "trap '' TERM HUP INT; sleep 1000", 100, "/bin/sh took too long" },
	{ "one that closes everything and stays is stopped",
	  "exec >&- 2>&- <&-; while :; do read x < /dev/full; done", 100,
	  "/bin/sh took too long" },
	{ "one that never stops complaining is stopped",
	  "yes no >&2 & yes no >&2 & exec yes no >&2", 100,
	  "/bin/sh took too long" },
	{ "one whose output does not end is stopped", "exec yes no", SOON,
	  "/bin/sh wrote more than 1048576 bytes" },
	{ "one byte of output too many is too many",
	  "head -c 1048577 /dev/zero", SOON,
	  "/bin/sh wrote more than 1048576 bytes" },
};

static void
check_fail(void **state)
{
	const struct fail_row *row = *state;
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct deadline limit = deadline_in(SOON);
	struct err err = { 0 };

	assert_int_equal(run_for(row->script, SLICE(""), row->ms, &got, &err),
	    -1);
	assert_err(err, ERR_TEMPORARY, row->text);
	assert_false(deadline_over(limit));
	/* nothing is left of it */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Grandchildren that outlive the command. */
static const struct row stay[] = {
	{ "one that holds the pipes open is not waited for",
	  "sleep 1000 & echo done", "", 0, "done\n", "" },
	{ "one that never stops complaining is not listened to",
	  "yes no >&2 & yes no >&2 & yes no >&2 & echo done", "", 0, "done\n",
	  NULL },
	{ "nor is one in a session of its own",
	  "for i in 1 2 3; do setsid timeout 90 yes no >&2 & done; echo done",
	  "", 0, "done\n", NULL },
};

static void
check_stay(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct deadline limit = deadline_in(SOON);
	struct err err = { 0 };

	assert_int_equal(run_for(row->script, SLICE(""), SOON, &got, &err), 0);
	assert_int_equal(got.status, 0);
	assert_string_equal(str_text(&got.output), row->output);
	assert_false(deadline_over(limit));
}

/* A pipe whose writing end nobody but the children of a test has. */
static int
watch(int *writer)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*writer = ends[1];
	return ends[0];
}

/* All that had the other end are gone. */
static void
assert_gone(int reader)
{
	struct err err = { 0 };
	char c;
	ssize_t n;

	while ((n = fd_read_by(reader, &c, 1, deadline_in(SOON), &err)) > 0)
		;
	assert_int_equal(n, 0);
	close(reader);
}

static void
test_group(void **state)
{
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(run_for("sleep 1000 <&- >&- 2>&- & echo $!", SLICE(""),
	    SOON, &got, &err), 0);
	/* It may take the system a moment to bury it. */
	pid_t pid = (pid_t)strtol(str_text(&got.output), NULL, 10);
	char name[64];
	snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
	for (struct deadline d = deadline_in(SOON); ; ) {
		char text[300] = "";
		FILE *f = fopen(name, "r");
		if (f == NULL)
			break;
		bool read_it = fgets(text, sizeof text, f) != NULL;
		fclose(f);
		if (!read_it || strstr(text, ") Z ") != NULL)
			break;
		assert_false(deadline_over(d));
	}
}

static void
test_many_errors(void **state)
{
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(run_for("head -c 200000 /dev/zero >&2; exit 3",
	    SLICE(""), SOON, &got, &err), 0);
	assert_int_equal(WEXITSTATUS(got.status), 3);
	assert_int_equal(got.errors.len, COMMAND_ERRORS);
}

static void
test_plain(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c",
	    "read x && echo no; pwd >&2", NULL };
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct command command = { .argv = argv, .environment = bare,
	    .directory = "/tmp", .deadline = deadline_in(SOON) };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(command_run(&command, &got, &err), 0);
	assert_int_equal(got.status, 0);
	assert_string_equal(str_text(&got.output), "");
	assert_string_equal(str_text(&got.errors), "/tmp\n");
}

static const struct start_row {
	const char	*name, *program, *directory;
	int		 status;
	const char	*errors;
} starts[] = {
	{ "a program that is not there is 127, as in a shell",
	  "/no/such/program", NULL, 127,
	  "cannot start /no/such/program: No such file or directory\n" },
	{ "one that may not be run is 126", "/etc/passwd", NULL, 126,
	  "cannot start /etc/passwd: Permission denied\n" },
	{ "a directory that is not there is 126", "/bin/true",
	  "/no/such/directory", 126, NULL },
};

static void
check_start(void **state)
{
	const struct start_row *row = *state;
	const char *const argv[] = { row->program, NULL };
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct command command = { .argv = argv, .environment = bare,
	    .directory = row->directory, .deadline = deadline_in(SOON) };
	struct err err = { 0 };

	assert_int_equal(command_run(&command, &got, &err), 0);
	assert_true(WIFEXITED(got.status));
	assert_int_equal(WEXITSTATUS(got.status), row->status);
	if (row->errors != NULL)
		assert_string_equal(str_text(&got.errors), row->errors);
}

static const struct fault_row {
	const char	*name, *call;
	int		 nth, error;
	const char	*text;
} faults[] = {
	{ "no pipe can be made", "pipe2", 1, EMFILE,
	  "pipe: Too many open files" },
	{ "no second pipe can be made", "pipe2", 2, EMFILE,
	  "pipe: Too many open files" },
	{ "no process can be made", "fork", 1, EAGAIN,
	  "fork: Resource temporarily unavailable" },
	{ "waiting for it fails", "poll", 1, ENOMEM,
	  "poll: Cannot allocate memory" },
	{ "its output cannot be read", "read", 1, EIO,
	  "read from a command: Input/output error" },
	{ "its input cannot be written", "write", 1, EIO,
	  "write to /bin/sh: Input/output error" },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_command_result) struct command_result got = { 0 };
	struct err err = { 0 };

	fault_at(row->call, row->nth, row->error);
	assert_int_equal(run_for("cat", SLICE("abc"), SOON, &got, &err), -1);
	assert_true(fault_clear());
	assert_err(err, ERR_TEMPORARY, row->text);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_interrupted(void **state)
{
	static const char *const calls[] = { "poll", "read", "write" };

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		SCOPED(drop_command_result) struct command_result got = { 0 };
		struct err err = { 0 };
		fault_at(calls[i], 1, EINTR);
		assert_int_equal(run_for("cat", SLICE("abc"), SOON, &got, &err),
		    0);
		assert_true(fault_clear());
		assert_string_equal(str_text(&got.output), "abc");
	}
}

static void
test_broken_input(void **state)
{
	const char *const argv[] = { "/bin/cat", NULL };
	SCOPED(drop_command_result) struct command_result got = { 0 };
	SCOPED(drop_fd) int fd = -1;
	struct stream stream = { 0 };
	struct err err = { 0 };

	(void)state;
	unit_writes("message", "abc");
	fd = open("message", O_RDONLY);
	stream_add_file(&stream, fd, 0, 10);
	struct command command = { .argv = argv, .environment = bare,
	    .input = &stream, .deadline = deadline_in(SOON),
	    .keep_output = true, .output_max = 100 };
	assert_int_equal(command_run(&command, &got, &err), -1);
	assert_err(err, ERR_TEMPORARY,
	    "the file became shorter while it was read");
}

static void
test_output_to_a_file(void **state)
{
	const char *const argv[] = { "/bin/cat", NULL };
	SCOPED(drop_command_result) struct command_result got = { 0 };
	SCOPED(drop_fd) int fd = open("out", O_RDWR | O_CREAT, 0600);
	struct stream stream = { 0 };
	struct err err = { 0 };

	(void)state;
	stream_add_memory(&stream, SLICE("0123456789"));
	struct command command = { .argv = argv, .environment = bare,
	    .input = &stream, .deadline = deadline_in(SOON),
	    .keep_output = true, .output_to = fd, .output_max = 10 };
	assert_int_equal(command_run(&command, &got, &err), 0);
	assert_int_equal(got.output.len, 0);
	assert_file("out", "0123456789");
	stream_rewind(&stream);
	command.output_max = 9;
	assert_int_equal(command_run(&command, &got, &err), -1);
	assert_err(err, ERR_TEMPORARY, "/bin/cat wrote more than 9 bytes");
}

static const struct reason_row {
	const char	*name;
	struct slice	 errors;
	const char	*reason;
} reasons[] = {
	{ "the first line is the reason", { "no\nreally\n", 10 }, "no" },
	{ "blank lines before it do not count", { "\n  \n no \n", 10 }, "no" },
	{ "a line without an end is one", { "no", 2 }, "no" },
	{ "nothing said is no reason", { "", 0 }, "" },
	{ "what is not printable is a question mark",
	  { "a\x1B[2J\r\0\xC3\xA4z", 10 }, "a?[2J????z" },
};

static void
check_reason(void **state)
{
	const struct reason_row *row = *state;
	SCOPED(drop_command_result) struct command_result result = { 0 };
	SCOPED(drop_str) struct str got = { 0 };

	str_addslice(&result.errors, row->errors);
	command_reason(&result, &got);
	assert_string_equal(str_text(&got), row->reason);
}

static void
test_long_reason(void **state)
{
	SCOPED(drop_command_result) struct command_result result = { 0 };
	SCOPED(drop_str) struct str got = { 0 };

	(void)state;
	str_addf(&result.errors, "x%4000s", "y");
	command_reason(&result, &got);
	assert_int_equal(got.len, 300);
}

static void
test_fork(void **state)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct err err = { 0 };
	int status;

	(void)state;
	int got = child_fork(&child, &err);
	if (got == 0)
		_exit(getpgrp() == getpid() ? 5 : 6);
	assert_true(got > 0);
	assert_int_equal(child.pid, got);
	assert_int_equal(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(child_wait(&child, deadline_in(SOON), &status, &err),
	    0);
	assert_int_equal(WEXITSTATUS(status), 5);
	assert_int_equal(child.pid, 0);
	assert_int_equal(child.pidfd, -1);
	drop_child(&child);
}

static void
test_wait_in_vain(void **state)
{
	struct child child = CHILD_NONE;
	struct err err = { 0 };
	int writer, reader = watch(&writer), status;

	(void)state;
	if (child_fork(&child, &err) == 0) {
		if (fork() == 0)
			pause();
		for (;;)
			pause();
	}
	close(writer);
	assert_int_equal(child_wait(&child, deadline_in(30), &status, &err),
	    -1);
	assert_err(err, ERR_TEMPORARY,
	    "wait for a child process: Connection timed out");
	assert_true(child.pid > 0);
	assert_int_equal(kill(child.pid, 0), 0);
	drop_child(&child);
	assert_int_equal(child.pid, 0);
	assert_gone(reader);			/* its child too */
	drop_child(&child);
}

static void
test_parent_dies(void **state)
{
	int writer, reader = watch(&writer);
	pid_t parent = fork();

	(void)state;
	if (parent == 0) {
		struct child child = CHILD_NONE;
		struct err err;
		if (child_fork(&child, &err) == 0)
			for (;;)
				pause();
		_exit(0);
	}
	close(writer);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_gone(reader);
}

/* "ulimit -f" of a command with these bounds, and with what its caller may. */
static void
check_bounds(bool bounded, uint64_t file_max, rlim_t caller,
    const char *wanted)
{
	static const char *const argv[] = { "/bin/sh", "-c", "ulimit -f",
	    NULL };
	SCOPED(drop_command_result) struct command_result result = { 0 };
	struct command command = { .argv = argv, .environment = bare,
	    .deadline = deadline_in(SOON), .keep_output = true,
	    .output_max = OUTPUT_MAX, .bounded = bounded,
	    .file_max = file_max };
	struct rlimit all, few;
	struct err err = { 0 };

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	few = (struct rlimit){ caller, all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	int got = command_run(&command, &result, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(got, 0);
	assert_int_equal(result.status, 0);
	assert_string_equal(str_text(&result.output), wanted);
}

static void
test_bounds(void **state)
{
	(void)state;
	/* in units of 512 bytes */
	check_bounds(true, 1 << 20, 8 << 20, "2048\n");
	check_bounds(true, 8 << 20, 1 << 20, "2048\n");
	check_bounds(true, UINT64_MAX, 1 << 20, "2048\n");
	check_bounds(false, 0, 1 << 20, "2048\n");
}

/* The first call that could start it is never made. */
static void
test_no_descriptor(void **state)
{
	struct rlimit all, few;
	struct child child = CHILD_NONE;
	struct err err = { 0 };

	(void)state;
	int next = dup(STDERR_FILENO);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	few = (struct rlimit){ (rlim_t)next, all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	fault_at("fork", 1, EIO);
	int got = child_fork(&child, &err);
	bool tried = fault_clear();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	assert_int_equal(got, -1);
	assert_err(err, ERR_TEMPORARY,
	    "watch a child process: Too many open files");
	assert_false(tried);
}

static const struct end_row {
	const char	*name, *script;
	int		 signal;	/* that ended it; 0: it did by itself */
} ends[] = {
	{ "one that ends by itself is not told to", "trap 'exit 9' TERM; read x",
	  0 },
	{ "one that stays is told to end", "exec /bin/sleep 1000", SIGTERM },
	{ "one that does not want to is killed", "trap '' TERM; echo; "
	  "while :; do /bin/sleep 1000; done", SIGKILL },
};

/* Its standard input ends when it may begin to end, its output when all of its
 * group have. */
static void
check_end(void **state)
{
	const struct end_row *row = *state;
	SCOPED(drop_child) struct child child = CHILD_NONE;
	SCOPED(drop_fd) int from = -1, to = -1;
	struct err err;
	char byte;
	int out[2], in[2], status = 0;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	from = out[0];
	to = in[1];
	int forked = child_fork(&child, &err);
	assert_int_not_equal(forked, -1);
	if (forked == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", row->script, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	if (row->signal == SIGKILL)
		assert_int_equal(read(from, &byte, 1), 1);
	if (row->signal == 0)
		drop_fd(&to);
	child_end(&child, row->signal == 0 ? SOON : 100, &status);
	assert_int_equal(child.pid, 0);
	assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	    row->signal);
	assert_int_equal(read(from, &byte, 1), 0);
	child_end(&child, SOON, &status);
	assert_int_equal(status, 0);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);		/* as every program of ours */
	add_rows(rows, check_row);
	add_rows(pipes, check_pipe);
	add_rows(fails, check_fail);
	add_rows(stay, check_stay);
	add_test("what it left running in its group is ended", test_group);
	add_test("of many complaints the first are kept, and all are read",
	    test_many_errors);
	add_test("without input and output it sees nothing, and is where it "
	    "was told", test_plain);
	add_rows(starts, check_start);
	add_rows(faults, check_fault);
	add_test("a signal interrupts nothing", test_interrupted);
	add_test("input that cannot be read is our fault, not the command's",
	    test_broken_input);
	add_test("output can go to a file", test_output_to_a_file);
	add_rows(reasons, check_reason);
	add_test("a reason is never longer than 300 bytes", test_long_reason);
	add_test("a child has a group of its own, and its status is told once",
	    test_fork);
	add_test("a deadline that passes leaves the child, dropping ends it "
	    "and its own", test_wait_in_vain);
	add_test("a child ends with its parent", test_parent_dies);
	add_test("a child that could not be watched never begins",
	    test_no_descriptor);
	add_rows(ends, check_end);
	add_test("bounds lower what the caller allows, and never raise it",
	    test_bounds);
	return run_all();
}
