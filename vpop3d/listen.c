/* listen.c: serving many connections, each in a process of its own. */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "deadline.h"
#include "fd.h"
#include "log.h"
#include "mem.h"
#include "scope.h"
#include "stop.h"

enum {
	BACKLOG = 1024,
	/* for the sessions to end when we are told to */
	LEAVE_MS = 30000,
	/* when there are no descriptors or processes left */
	PAUSE_MS = 200,
};

/* --- where ---------------------------------------------------------------- */

/* False: not HOST:PORT. */
static bool
split_address(const char *where, char host[256], char port[32])
{
	const char *colon = strrchr(where, ':');
	size_t len = colon != NULL ? (size_t)(colon - where) : 0;

	if (colon == NULL || len >= 256 || strlen(colon + 1) >= 32 ||
	    colon[1] == '\0')
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
open_listener(const struct addrinfo *a, int *fd)
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

int
listen_add(struct listeners *l, const char *where, struct err *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char host[256], port[32];

	if (!split_address(where, host, port))
		return err_set(err, ERR_INVALID, "--listen %s: not HOST:PORT",
		    where);
	bool any = host[0] == '\0' || strcmp(host, "*") == 0;
	int got = getaddrinfo(any ? NULL : host, port, &hints, &found);
	if (got != 0)
		return err_set(err, ERR_INVALID, "--listen %s: %s", where,
		    gai_strerror(got));
	int result = 0;
	for (const struct addrinfo *a = found; a != NULL && result == 0;
	    a = a->ai_next) {
		if (l->count == LISTEN_MAX)
			result = err_set(err, ERR_INVALID,
			    "more than %d addresses", LISTEN_MAX);
		else if (open_listener(a, &l->fds[l->count]) == 0)
			l->count++;
		else if (!(any && errno == EAFNOSUPPORT))
			result = err_sys(err, "--listen %s", where);
	}
	freeaddrinfo(found);
	return result;
}

/* --- who is there ----------------------------------------------------- */

/* One network of clients: an IPv4 address, or 64 bits of IPv6. */
struct peer {
	unsigned char	bytes[8];
	sa_family_t	family;
};

struct client {
	pid_t		pid;		/* 0: the place is free */
	struct peer	peer;
};

struct crowd {
	struct client	*clients;
	size_t		 room, count;
	uint64_t	 per_peer;
};

static void
drop_crowd(struct crowd *crowd)
{
	drop_mem(&crowd->clients);
}

static struct peer
peer_of(const struct sockaddr_storage *address)
{
	struct peer peer = { .family = address->ss_family };

	if (address->ss_family == AF_INET)
		memcpy(peer.bytes, &(
		    (const struct sockaddr_in *)(
		    const void *)address)->sin_addr, 4);
	else if (address->ss_family == AF_INET6)
		memcpy(peer.bytes, &(
		    (const struct sockaddr_in6 *)(
		    const void *)address)->sin6_addr, 8);
	return peer;
}

static bool
has_too_many(const struct crowd *crowd, const struct peer *peer)
{
	uint64_t same = 0;

	for (size_t i = 0; i < crowd->room; i++)
		same += crowd->clients[i].pid != 0 &&
		    crowd->clients[i].peer.family == peer->family &&
		    memcmp(crowd->clients[i].peer.bytes, peer->bytes,
		    sizeof peer->bytes) == 0;
	return same >= crowd->per_peer;
}

static void
enter(struct crowd *crowd, pid_t pid, const struct peer *peer)
{
	for (size_t i = 0; i < crowd->room; i++)
		if (crowd->clients[i].pid == 0) {
			crowd->clients[i] = (struct client){ pid, *peer };
			crowd->count++;
			return;
		}
}

static void
leave(struct crowd *crowd, pid_t pid)
{
	for (size_t i = 0; i < crowd->room; i++)
		if (crowd->clients[i].pid == pid) {
			crowd->clients[i].pid = 0;
			crowd->count--;
			return;
		}
}

static void
reap(struct crowd *crowd)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		leave(crowd, pid);
}

/* --- one connection --------------------------------------------------- */

static _Noreturn void
be_server(const struct serving *serving, int fd)
{
	const int keep[] = { fd, serving->in->dir, serving->root };
	struct connection connection;
	struct err err;

	/* Nobody may hold the port when the listener is gone. */
	confine_fds(keep, 3);
	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(75);
	if (connection_open(&connection, &err) == 0) {
		/* Ours is the log's; a native pop3d's is the client. */
		connection.standard_error = fd;
		if (serve_connection(serving, &connection, &err) == 0)
			_exit(0);
	}
	log_warning("%s", err.text);
	_exit(75);
}

static void
turn_away(int connection, const struct sockaddr_storage *address)
{
	static const char text[] =
	    "-ERR [SYS/TEMP] too many connections from your address\r\n";
	SCOPED(drop_log_line) struct log_line line =
	    log_event("connection-refused");
	struct address_text peer;

	address_to_text(address, &peer);
	log_text(&line, "peer", slice_of(peer.text));
	log_send(&line, LOG_NOTICE);
	/* Nobody waits for a client that is one too many. */
	if (send(connection, text, sizeof text - 1,
	    MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return;
}

/* Without descriptors or processes the queue waits, and the machine rests. */
static void
pause_for(const char *what)
{
	log_warning("%s: %s", what, strerror(errno));
	poll(NULL, 0, PAUSE_MS);
}

static void
accept_one(struct crowd *crowd, int listener, const struct serving *serving)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;
	SCOPED(drop_fd) int connection = -1;

	connection = accept4(listener, (struct sockaddr *)&address, &len,
	    SOCK_CLOEXEC);
	if (connection == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_for("accept");
		return;
	}
	address_unmap(&address);
	struct peer peer = peer_of(&address);
	if (has_too_many(crowd, &peer)) {
		turn_away(connection, &address);
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		be_server(serving, connection);
	if (pid == -1)
		pause_for("fork");
	else
		enter(crowd, pid, &peer);
}

/* --- the loop --------------------------------------------------------- */

/* When there is no room, clients wait in the kernel's queue. */
static void
wait_and_accept(struct crowd *crowd, const struct listeners *l,
    const struct serving *serving, int stop, bool *asked)
{
	struct pollfd polls[LISTEN_MAX + 1] =
	    { { .fd = stop, .events = POLLIN } };
	bool full = crowd->count == crowd->room;

	for (size_t i = 0; i < l->count; i++)
		polls[i + 1] = (struct pollfd){ .fd = full ? -1 : l->fds[i],
		    .events = POLLIN };
	if (poll(polls, l->count + 1, -1) == -1)
		return;
	if (polls[0].revents != 0)
		*asked = stop_is_asked(stop);
	reap(crowd);
	for (size_t i = 0; i < l->count && !*asked; i++)
		if (polls[i + 1].revents != 0 && crowd->count < crowd->room)
			accept_one(crowd, l->fds[i], serving);
}

static void
end_all(struct crowd *crowd, const struct listeners *l, int stop)
{
	struct deadline d = deadline_in(LEAVE_MS);

	for (size_t i = 0; i < l->count; i++)
		close(l->fds[i]);
	for (size_t i = 0; i < crowd->room; i++)
		if (crowd->clients[i].pid != 0)
			kill(crowd->clients[i].pid, SIGTERM);
	while (crowd->count > 0 && !deadline_over(d)) {
		if (fd_wait(stop, POLLIN, d) == 0)
			stop_is_asked(stop);
		reap(crowd);
	}
}

int
listen_run(const struct listeners *l, const struct serving *serving,
    struct err *err)
{
	SCOPED(drop_crowd) struct crowd crowd = {
		.room = serving->in->conf.max_connections,
		.per_peer = serving->in->conf.max_connections_per_peer,
	};
	SCOPED(drop_fd) int stop = -1;
	bool asked = false;

	if (stop_open(true, &stop, err) == -1)
		return -1;
	crowd.clients = mem_alloc(crowd.room * sizeof *crowd.clients);
	while (!asked)
		wait_and_accept(&crowd, l, serving, stop, &asked);
	end_all(&crowd, l, stop);
	return 0;
}
