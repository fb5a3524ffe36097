/* listeners_test.c: the sockets that a server waits on. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "listeners.h"
#include "scope.h"
#include "str.h"

static const char *
unix_path(struct str *out)
{
	str_cut(out, 0);
	str_addf(out, "unix:%s/socket", unit_path());
	return str_text(out);
}

static int
reach(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
test_unix(void **state)
{
	SCOPED(drop_str) struct str where = { 0 };
	SCOPED(drop_fd) int client = -1;
	struct listeners l = { .count = 0 };
	struct stat st;
	struct err err;

	(void)state;
	umask(077);
	assert_int_equal(listeners_add(&l, unix_path(&where), 7, &err), 0);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.list[0].role, 7);
	assert_int_equal(lstat("socket", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	assert_int_equal(umask(077), 077);
	client = reach();
	assert_int_not_equal(client, -1);
	assert_int_equal(listeners_add(&l, unix_path(&where), 7, &err), -1);
	assert_int_equal(err.kind, ERR_TEMPORARY);
	listeners_remove(&l);
	assert_no_file("socket");
	listeners_close(&l);
}

static void
test_left_over(void **state)
{
	SCOPED(drop_str) struct str where = { 0 };
	struct listeners dead = { .count = 0 }, l = { .count = 0 };
	struct err err;

	(void)state;
	assert_int_equal(listeners_add(&dead, unix_path(&where), 0, &err), 0);
	listeners_close(&dead);
	assert_int_equal(listeners_add(&l, unix_path(&where), 0, &err), 0);
	/* The file is another's now. */
	listeners_remove(&dead);
	assert_int_equal(access("socket", F_OK), 0);
	listeners_remove(&l);
	assert_no_file("socket");
	listeners_close(&l);
}

static const struct in_the_way_row {
	const char	*name;
	bool		 link;
} in_the_way[] = {
	{ "a file in the way stays", false },
	{ "a link in the way stays, and what it names", true },
};

static void
check_in_the_way(void **state)
{
	const struct in_the_way_row *row = *state;
	SCOPED(drop_str) struct str where = { 0 };
	struct listeners l = { .count = 0 };
	struct err err;

	unit_writes(row->link ? "precious" : "socket", "mail");
	if (row->link)
		assert_int_equal(symlink("precious", "socket"), 0);
	assert_int_equal(listeners_add(&l, unix_path(&where), 0, &err), -1);
	assert_int_equal(l.count, 0);
	assert_file("socket", "mail");
}

static const struct bad_row {
	const char	*name, *where, *complaint;
} bad[] = {
	{ "a relative path is none", "unix:run/x",
	  "unix:run/x: not an absolute path of at most 107 bytes" },
	{ "a word is no place", "nowhere",
	  "nowhere: neither HOST:PORT nor unix:PATH" },
	{ "a port beyond 65535 is none", "127.0.0.1:65561",
	  "127.0.0.1:65561: neither HOST:PORT nor unix:PATH" },
	{ "a port is needed", "127.0.0.1:",
	  "127.0.0.1:: neither HOST:PORT nor unix:PATH" },
};

static void
check_bad(void **state)
{
	const struct bad_row *row = *state;
	struct listeners l = { .count = 0 };
	struct err err;

	assert_int_equal(listeners_add(&l, row->where, 0, &err), -1);
	assert_err(err, ERR_INVALID, row->complaint);
}

static void
test_internet(void **state)
{
	struct listeners l = { .count = 0 };
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof address;
	struct err err;

	(void)state;
	assert_int_equal(listeners_add(&l, "127.0.0.1:0", 2, &err), 0);
	assert_int_equal(getsockname(l.list[0].fd,
	    (struct sockaddr *)&address, &len), 0);
	assert_int_equal(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(l.list[0].role, 2);
	assert_null(l.list[0].path);
	listeners_remove(&l);
	listeners_close(&l);
}

static void
test_too_many(void **state)
{
	struct listeners l = { .count = 0 };
	struct err err;

	(void)state;
	for (int i = 0; i < LISTENERS_MAX; i++)
		assert_int_equal(listeners_add(&l, "127.0.0.1:0", 0, &err), 0);
	assert_int_equal(listeners_add(&l, "127.0.0.1:0", 0, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(l.count, LISTENERS_MAX);
	listeners_close(&l);
}

/* --- from systemd --------------------------------------------------------- */

static int
role_of(const char *name)
{
	return strcmp(name, "map") == 0 ? 1 : name[0] == '\0' ? 3 : 2;
}

static void
pass(int fd, const char *count, const char *names, long pid)
{
	SCOPED(drop_str) struct str text = { 0 };

	if (fd != -1)
		assert_int_equal(dup2(fd, 3), 3);
	str_addf(&text, "%ld", pid);
	setenv("LISTEN_PID", str_text(&text), 1);
	setenv("LISTEN_FDS", count, 1);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

static const struct passed_row {
	const char	*name, *count, *names;
	bool		 ours;
	size_t		 taken;
	int		 role;
} passed[] = {
	{ "a socket of systemd is taken", "1", "map", true, 1, 1 },
	{ "by any name", "1", "vlmtpd.socket", true, 1, 2 },
	{ "or by none", "1", NULL, true, 1, 3 },
	{ "not what is another process's", "1", "map", false, 0, 0 },
	{ "nor by a number that is none", "-1", "map", true, 0, 0 },
	{ "nor where there are none", "0", "", true, 0, 0 },
};

/* Descriptor 3 may be the test program's own: it is put back. */
static void
check_passed(void **state)
{
	const struct passed_row *row = *state;
	struct listeners own = { .count = 0 }, l = { .count = 0 };
	int before = fcntl(3, F_DUPFD_CLOEXEC, 100);
	struct err err;

	assert_int_equal(listeners_add(&own, "127.0.0.1:0", 0, &err), 0);
	pass(own.list[0].fd, row->count, row->names,
	    row->ours ? (long)getpid() : 1);
	assert_int_equal(listeners_inherit(&l, role_of, &err), 0);
	assert_int_equal(l.count, row->taken);
	if (row->taken > 0) {
		assert_int_equal(l.list[0].fd, 3);
		assert_int_equal(l.list[0].role, row->role);
		assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
	}
	listeners_close(&own);
	close(3);
	if (before != -1) {
		dup2(before, 3);
		close(before);
	}
}

/* Descriptors 0, 1 and 3 put aside, and back. */
enum { ASIDE = 3 };
static const int standard[ASIDE] = { 0, 1, 3 };

static void
put_aside(int before[ASIDE])
{
	for (int i = 0; i < ASIDE; i++)
		before[i] = fcntl(standard[i], F_DUPFD_CLOEXEC, 100);
}

static void
put_back(const int before[ASIDE])
{
	for (int i = 0; i < ASIDE; i++) {
		close(standard[i]);
		if (before[i] == -1)
			continue;
		dup2(before[i], standard[i]);
		close(before[i]);
	}
}

static void
test_passed_connection(void **state)
{
	struct listeners l = { .count = 0 };
	int before[ASIDE], ends[2], result;
	char got[2] = "";
	struct err err;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	put_aside(before);
	pass(ends[1], "1", "connection", (long)getpid());
	result = listeners_inherit(&l, role_of, &err);
	bool passed_on = write(STDOUT_FILENO, "a", 1) == 1 &&
	    write(ends[0], "b", 1) == 1 && read(STDIN_FILENO, got, 1) == 1 &&
	    read(ends[0], got + 1, 1) == 1;
	put_back(before);
	assert_int_equal(result, 0);
	assert_int_equal(l.count, 0);
	assert_true(passed_on);
	assert_memory_equal(got, "ba", 2);
	close(ends[0]);
	close(ends[1]);
}

static void
test_passed_file(void **state)
{
	struct listeners l = { .count = 0 };
	SCOPED(drop_fd) int file = open("file", O_RDWR | O_CREAT, 0600);
	int before[ASIDE];
	struct err err;

	(void)state;
	put_aside(before);
	pass(file, "1", "", (long)getpid());
	int result = listeners_inherit(&l, role_of, &err);
	put_back(before);
	assert_int_equal(result, -1);
	assert_err(err, ERR_INVALID,
	    "descriptor 3 from systemd is not a listening socket");
}

static void
test_passed_number(void **state)
{
	struct listeners own = { .count = 0 }, l = { .count = 0 };
	int before = fcntl(3, F_DUPFD_CLOEXEC, 100);
	struct err err;

	(void)state;
	assert_int_equal(listeners_add(&own, "127.0.0.1:0", 0, &err), 0);
	pass(own.list[0].fd, "2147483647", "", (long)getpid());
	assert_int_equal(listeners_inherit(&l, role_of, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	listeners_close(&own);
	close(3);
	if (before != -1) {
		dup2(before, 3);
		close(before);
	}
}

int
main(void)
{
	add_test("a number beyond all descriptors ends at the first bad one",
	    test_passed_number);
	add_test("a Unix socket is for everybody, and goes", test_unix);
	add_test("a dead server's file is replaced", test_left_over);
	add_rows(in_the_way, check_in_the_way);
	add_rows(bad, check_bad);
	add_test("an address and a port", test_internet);
	add_test("there are so many sockets and no more", test_too_many);
	add_rows(passed, check_passed);
	add_test("a connection that was passed becomes descriptors 0 and 1",
	    test_passed_connection);
	add_test("a file that was passed is no socket", test_passed_file);
	return run_all();
}
