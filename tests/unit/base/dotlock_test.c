/* dotlock_test.c: lock files that other programs know. */
#include "../unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dotlock.h"
#include "scope.h"

/* The id of a process that has ended. */
static int
gone(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (int)pid;
}

enum whose { GONE, ALIVE, NOBODY, ZERO };

static const struct row {
	const char	*name;
	enum whose	 whose;
	/* NULL: this one; "": none in the file */
	const char	*host;
	int		 age;		/* seconds */
	int		 result;
} rows[] = {
	{ "who holds it lives: it counts", ALIVE, NULL, 0, 0 },
	{ "who held it is gone: it is stale", GONE, NULL, 0, 1 },
	{ "a process of another host cannot be judged: it counts", GONE,
	  "far.test", 0, 0 },
	{ "a process without a host is of this one", GONE, "", 0, 1 },
	{ "a file without a process is young: it counts", NOBODY, NULL, 0, 0 },
	{ "nobody touched it for long: it is stale", NOBODY, NULL,
	  DOTLOCK_STALE + 10, 1 },
	{ "so it is when its process still lives", ALIVE, NULL,
	  DOTLOCK_STALE + 10, 1 },
	{ "so it is on another host", GONE, "far.test", DOTLOCK_STALE + 10, 1 },
	{ "a file with a zero, as some programs write it, is young: it counts",
	  ZERO, "", 0, 0 },
	{ "it is not quite old enough: it counts", NOBODY, NULL,
	  DOTLOCK_STALE - 10, 0 },
	{ "a lock file from the future counts", NOBODY, NULL, -1000, 0 },
};

static void
prepare(const struct row *row)
{
	char text[400], host[256];
	struct timespec times[2] = { { .tv_sec = time(NULL) - row->age } };

	times[1] = times[0];
	assert_int_equal(gethostname(host, sizeof host), 0);
	snprintf(text, sizeof text, "%d %s\n", row->whose == ALIVE ?
	    (int)getpid() : row->whose == ZERO ? 0 : gone(), row->host ?
	    row->host : host);
	unit_writes("box.lock", row->whose == NOBODY ? "" : text);
	assert_int_equal(utimensat(AT_FDCWD, "box.lock", times, 0), 0);
}

static void
check_row(void **state)
{
	const struct row *row = *state;
	SCOPED(drop_dotlock) struct dotlock lock = { 0 };
	struct err err = { 0 };

	prepare(row);
	assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err),
	    row->result);
	assert_int_equal(lock.name != NULL, row->result == 1);
}

/* In the current directory. */
static int
count_files(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count;
}

static void
test_held(void **state)
{
	char wanted[400], host[256];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(gethostname(host, sizeof host), 0);
	snprintf(wanted, sizeof wanted, "%d %s\n", (int)getpid(), host);
	{
		SCOPED(drop_dotlock) struct dotlock lock = { 0 }, other = { 0 };
		assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err),
		    1);
		assert_file("box.lock", wanted);
		assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &other, &err),
		    0);
		drop_dotlock(&other);
		assert_file("box.lock", wanted);
	}
	assert_int_equal(count_files(), 0);
}

/* Who found it too old has taken it away, and has one of his own there. */
static void
test_overridden(void **state)
{
	struct err err = { 0 };

	(void)state;
	int fd = open(".box.queue", O_RDWR | O_CREAT, 0600);
	const struct dotlock_queue queue = { fd, ".box.queue" };
	for (int i = 0; i < 2; i++) {
		SCOPED(drop_dotlock) struct dotlock lock = { 0 };
		assert_int_equal(dotlock_try(unit_dir(), "box",
		    i == 0 ? NULL : &queue, &lock, &err), 1);
		unit_writes("theirs", "1\n");
		assert_int_equal(rename("theirs", "box.lock"), 0);
		drop_dotlock(&lock);
		assert_file("box.lock", "1\n");
		assert_int_equal(unlink("box.lock"), 0);
	}
	close(fd);
}

/* A file of ours as the lock file. */
static void
test_queue(void **state)
{
	char wanted[400], host[256], text[400] = { 0 };
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(gethostname(host, sizeof host), 0);
	snprintf(wanted, sizeof wanted, "%d %s\n", (int)getpid(), host);
	int fd = open(".box.queue", O_RDWR | O_CREAT, 0600);
	const struct dotlock_queue queue = { fd, ".box.queue" };
	assert_int_equal(pwrite(fd, "1234567890 a-much-longer-host\nx", 31, 0),
	    31);
	{
		SCOPED(drop_dotlock) struct dotlock lock = { 0 }, other = { 0 };
		assert_int_equal(dotlock_try(unit_dir(), "box", &queue, &lock,
		    &err), 1);
		assert_int_equal(stat("box.lock", &st), 0);
		assert_int_equal(st.st_nlink, 2);
		assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
		assert_string_equal(text, wanted);
		assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &other,
		    &err), 0);
	}
	assert_int_equal(count_files(), 1);
	/* One that died had it. */
	assert_int_equal(link(".box.queue", "box.lock"), 0);
	{
		SCOPED(drop_dotlock) struct dotlock lock = { 0 };
		assert_int_equal(dotlock_try(unit_dir(), "box", &queue, &lock,
		    &err), 1);
	}
	assert_int_equal(count_files(), 1);
	/* Another program has it. */
	snprintf(wanted, sizeof wanted, "%d %s\n", (int)getppid(), host);
	unit_writes("box.lock", wanted);
	{
		SCOPED(drop_dotlock) struct dotlock lock = { 0 };
		assert_int_equal(dotlock_try(unit_dir(), "box", &queue, &lock,
		    &err), 0);
	}
	assert_file("box.lock", wanted);
	close(fd);
}

static void
test_link(void **state)
{
	SCOPED(drop_dotlock) struct dotlock lock = { 0 };
	struct err err = { 0 };

	(void)state;
	unit_writes("elsewhere", "");
	assert_int_equal(symlink("elsewhere", "box.lock"), 0);
	assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err), -1);
	assert_int_equal(unlink("box.lock"), 0);
	assert_int_equal(symlink("nowhere", "box.lock"), 0);
	assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err), -1);
	assert_err(err, ERR_REFUSED, "box.lock: not a plain file: take it "
	    "away");
	assert_no_file("nowhere");
}

static void
test_fifo(void **state)
{
	SCOPED(drop_dotlock) struct dotlock lock = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkfifo("box.lock", 0600), 0);
	assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err), -1);
	assert_int_equal(err.kind, ERR_REFUSED);
}

static const struct fault_row {
	const char	*name, *call;
	int		 error;
	const char	*start, *end;	/* of the text */
} faults[] = {
	{ "a directory that is closed to us has no locks", "openat", EACCES,
	  "create .box.lock.", ": Permission denied" },
	{ "a lock file that cannot be written is taken away", "write", ENOSPC,
	  "write .box.lock.", ": No space left on device" },
	{ "a lock file that cannot get its name is taken away", "linkat",
	  EMLINK, "create box.lock", ": Too many links" },
};

static void
check_fault(void **state)
{
	const struct fault_row *row = *state;
	SCOPED(drop_dotlock) struct dotlock lock = { 0 };
	struct err err = { 0 };

	fault_at(row->call, 1, row->error);
	assert_int_equal(dotlock_try(unit_dir(), "box", NULL, &lock, &err), -1);
	assert_true(fault_clear());
	assert_int_equal(err.kind, ERR_TEMPORARY);
	assert_memory_equal(err.text, row->start, strlen(row->start));
	assert_string_equal(err.text + strlen(err.text) - strlen(row->end),
	    row->end);
	assert_null(lock.name);
	assert_int_equal(count_files(), 0);
}

/* The queue may be old, and others would take it for one that was left. */
static void
test_no_room(void **state)
{
	const struct timespec old[2] = { { 1, 0 }, { 1, 0 } };
	int fd = open(".box.queue", O_RDWR | O_CREAT, 0600);
	const struct dotlock_queue queue = { fd, ".box.queue" };
	struct dotlock lock = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(futimens(fd, old), 0);
	fault_at("pwrite", 1, EIO);
	assert_int_equal(dotlock_try(unit_dir(), "box", &queue, &lock, &err),
	    -1);
	fault_at("pwrite", 1, EDQUOT);
	assert_int_equal(dotlock_try(unit_dir(), "box", &queue, &lock, &err),
	    1);
	assert_true(fault_clear());
	assert_false(dotlock_is_stale(unit_dir(), "box"));
	drop_dotlock(&lock);
	close(fd);
}

int
main(void)
{
	add_rows(rows, check_row);
	add_test("a held lock names process and host, and goes when it is "
	    "dropped", test_held);
	add_test("one that another program has put in its place stays",
	    test_overridden);
	add_test("a queue file gets it as a second name, which is nobody "
	    "else's but a dead one's", test_queue);
	add_test("without room for its text it is held, and new", test_no_room);
	add_test("a symbolic link in its place is neither followed nor removed",
	    test_link);
	add_test("a FIFO in its place is not waited for", test_fifo);
	add_rows(faults, check_fault);
	return run_all();
}
