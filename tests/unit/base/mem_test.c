/* mem_test.c: out of memory ends a process with the temporary status. */
#include "../unit.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"

static void	lack_alloc(void) { fault_at("calloc", 1, ENOMEM); mem_alloc(10);
    }
static void	lack_grow(void) { fault_at("realloc", 1, ENOMEM);
    mem_grow(NULL, 10, 1); }
static void	lack_dup(void) { fault_at("calloc", 1, ENOMEM); mem_dup("x", 1);
    }
static void	overflow(void) { mem_grow(NULL, SIZE_MAX / 2, 3); }
static void	half(void) { mem_grow(NULL, SIZE_MAX, 1); }

static const struct row {
	const char	*name;
	void		(*run)(void);
} rows[] = {
	{ "no memory for something new", lack_alloc },
	{ "no memory to grow", lack_grow },
	{ "no memory for a copy", lack_dup },
	{ "a size that overflows", overflow },
	{ "a size that no object can have", half },
};

static void
check_row(void **state)
{
	const struct row *row = *state;
	char said[200] = "";
	int pipes[2], status;

	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDERR_FILENO);
		row->run();
		_exit(0);
	}
	close(pipes[1]);
	assert_true(read(pipes[0], said, sizeof said - 1) >= 0);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 75);
	assert_string_equal(said,
	    "4.3.0 out of memory: raise the memory limit of this service\n");
}

static void
test_silent(void **state)
{
	int pipes[2], status;
	char said;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDERR_FILENO);
		mem_told_by_parent();
		lack_alloc();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &said, 1), 0);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), MEM_LACKED);
}

static void
test_grow(void **state)
{
	char *p = mem_grow(NULL, 3, 1);

	(void)state;
	memcpy(p, "abc", 3);
	p = mem_grow(p, 1000, 2);
	assert_memory_equal(p, "abc", 3);
	drop_mem(&p);
	assert_null(p);
	drop_mem(&p);
	p = mem_grow(NULL, 0, 1);
	assert_non_null(p);
	drop_mem(&p);
}

static void
test_dup(void **state)
{
	char *p = mem_dup("abc", 2);

	(void)state;
	assert_string_equal(p, "ab");
	drop_mem(&p);
	p = mem_dup(NULL, 0);
	assert_string_equal(p, "");
	drop_mem(&p);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a process whose parent tells of it ends without a word",
	    test_silent);
	add_test("what grows keeps what was in it, and is gone when dropped",
	    test_grow);
	add_test("a copy ends with a NUL", test_dup);
	return run_all();
}
