/* listeners.c: the sockets that a server waits on: where they are, and
 * whose. */
#include "listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "scope.h"
#include "str.h"

enum {
	BACKLOG = 1024,
	FIRST_PASSED = 3,		/* SD_LISTEN_FDS_START */
};

static int
keep(struct listeners *l, struct listener got, struct err *err)
{
	if (l->count == LISTENERS_MAX) {
		drop_fd(&got.fd);
		return err_set(err, ERR_INVALID, "more than %d sockets",
		    LISTENERS_MAX);
	}
	l->list[l->count++] = got;
	return 0;
}

/* --- HOST:PORT ------------------------------------------------------------ */

/* False: not HOST:PORT. */
static bool
split_address(const char *where, char host[256], char port[32])
{
	const char *colon = strrchr(where, ':');
	size_t len = colon != NULL ? (size_t)(colon - where) : 0;
	uint64_t number;

	if (colon == NULL || len >= 256 || strlen(colon + 1) >= 32 ||
	    colon[1] == '\0')
		return false;
	/* getaddrinfo() takes 65561 for 25. */
	if (strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	    slice_number(slice_of(colon + 1), UINT16_MAX, &number) == -1)
		return false;
	if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	}
	memcpy(host, where, len);
	host[len] = '\0';
	strcpy(port, colon + 1);
	return true;
}

static int
open_internet(const struct addrinfo *a, int *fd)
{
	int on = 1;

	*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (*fd == -1)
		return -1;
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (bind(*fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(*fd, BACKLOG) == 0)
		return 0;
	int why = errno;
	drop_fd(fd);
	errno = why;
	return -1;
}

static int
add_internet(struct listeners *l, const char *where, int role,
    struct err *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char host[256], port[32];
	int fd;

	if (!split_address(where, host, port))
		return err_set(err, ERR_INVALID,
		    "%s: neither HOST:PORT nor unix:PATH", where);
	bool any = host[0] == '\0' || strcmp(host, "*") == 0;
	int got = getaddrinfo(any ? NULL : host, port, &hints, &found);
	if (got == EAI_NONAME || got == EAI_SERVICE)
		return err_set(err, ERR_INVALID, "%s: HOST is an address, "
		    "PORT a number or a name of services(5)", where);
	if (got != 0)
		return err_set(err, ERR_INVALID, "%s: %s", where,
		    gai_strerror(got));
	int result = 0;
	for (const struct addrinfo *a = found; a != NULL && result == 0;
	    a = a->ai_next) {
		if (open_internet(a, &fd) == 0)
			result = keep(l, (struct listener){ .fd = fd,
			    .role = role }, err);
		else if (!(any && errno == EAFNOSUPPORT))
			result = err_sys(err, "%s", where);
	}
	freeaddrinfo(found);
	return result;
}

/* --- unix:PATH ------------------------------------------------------------ */

/* A file that a dead server left is in nobody's way; a live one's stays. */
static bool
is_left_over(const struct sockaddr_un *address)
{
	SCOPED(drop_fd) int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	/* One whose queue is full is alive. */
	return fd != -1 && lstat(address->sun_path, &st) == 0 &&
	    S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)address,
	    sizeof *address) == -1 && errno == ECONNREFUSED;
}

static int
bind_for_everybody(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0111);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);

	umask(before);
	return bound;
}

static int
add_unix(struct listeners *l, const char *path, int role, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	SCOPED(drop_fd) int fd = -1;
	struct stat st;

	if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
		return err_set(err, ERR_INVALID,
		    "unix:%s: not an absolute path of at most %zu bytes", path,
		    sizeof address.sun_path - 1);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_sys(err, "unix:%s", path);
	if (bind_for_everybody(fd, &address) == -1) {
		if (errno != EADDRINUSE)
			return err_sys(err, "unix:%s", path);
		if (!is_left_over(&address) || unlink(path) == -1 ||
		    bind_for_everybody(fd, &address) == -1) {
			errno = EADDRINUSE;
			return err_sys(err, "unix:%s", path);
		}
	}
	if (lstat(path, &st) == -1 || listen(fd, BACKLOG) == -1)
		return err_sys(err, "unix:%s", path);
	int own = fd;
	fd = -1;
	return keep(l, (struct listener){ .fd = own, .role = role,
	    .path = path, .dev = st.st_dev, .ino = st.st_ino,
	    .made = st.st_ctim }, err);
}

int
listeners_add(struct listeners *l, const char *where, int role,
    struct err *err)
{
	if (strncmp(where, "unix:", 5) == 0)
		return add_unix(l, where + 5, role, err);
	return add_internet(l, where, role, err);
}

/* --- from systemd --------------------------------------------------------- */

/* A number of the environment; 0: there is none. */
static uint64_t
number_of(const char *variable)
{
	const char *value = getenv(variable);
	uint64_t number;

	return value != NULL &&
	    slice_number(slice_of(value), INT32_MAX, &number) == 0 ? number : 0;
}

/* 1: it is; 0: a connection; -1: no socket. */
static int
is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof on;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == -1)
		return -1;
	return on != 0;
}

/* systemd passes the connection like a socket of Accept=no, whether it made it
 * standard input or not. */
static int
become_standard(int fd, struct err *err)
{
	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		return err_sys(err, "the connection from systemd");
	close(fd);
	return 0;
}

int
listeners_inherit(struct listeners *l, int (*role_of)(const char *name),
    struct err *err)
{
	const char *given = getenv("LISTEN_FDNAMES");
	SCOPED(drop_str) struct str names = { 0 };
	uint64_t count = number_of("LISTEN_FDS");

	if (number_of("LISTEN_PID") != (uint64_t)getpid())
		return 0;
	str_adds(&names, given != NULL ? given : "");
	struct slice rest = str_slice(&names), name;
	for (uint64_t i = 0; i < count; i++) {
		SCOPED(drop_str) struct str one = { 0 };
		int fd = FIRST_PASSED + (int)i;	/* ends with the first bad one */
		if (slice_cut(&rest, ':', &name))
			str_addslice(&one, name);
		int listening = is_listening(fd);
		if (listening == 0 && count == 1)
			return become_standard(fd, err);
		if (listening != 1)
			return err_set(err, ERR_INVALID,
			    "descriptor %d from systemd is not a listening "
			    "socket", fd);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		if (keep(l, (struct listener){ .fd = fd,
		    .role = role_of(str_text(&one)) }, err) == -1)
			return -1;
	}
	return 0;
}

/* --- the end -------------------------------------------------------------- */

void
listeners_close(const struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		close(l->list[i].fd);
}

static bool
is_ours(const struct listener *l)
{
	struct stat st;

	return lstat(l->path, &st) == 0 && st.st_dev == l->dev &&
	    st.st_ino == l->ino && st.st_ctim.tv_sec == l->made.tv_sec &&
	    st.st_ctim.tv_nsec == l->made.tv_nsec;
}

void
listeners_remove(const struct listeners *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].path != NULL && is_ours(&l->list[i]))
			unlink(l->list[i].path);
}
