/* loopback.c: a connection of this machine with itself. */
#include "loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "fd.h"
#include "scope.h"

enum {
	BACKLOG = 16,
	PATIENCE_MS = 5000,		/* a firewall may swallow all of it */
};

static int
open_socket(int *fd, struct err *err)
{
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return *fd == -1 ? err_sys(err, "make a socket") : 0;
}

/* On whatever port is free; *where is it. */
static int
listen_anywhere(int *fd, struct sockaddr_in *where, struct err *err)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof *where;

	if (open_socket(fd, err) == -1)
		return -1;
	if (bind(*fd, (struct sockaddr *)&any, sizeof any) == -1 ||
	    listen(*fd, BACKLOG) == -1 ||
	    getsockname(*fd, (struct sockaddr *)where, &len) == -1)
		return err_sys(err, "listen on 127.0.0.1");
	return 0;
}

static int
begin_connecting(int *fd, const struct sockaddr_in *where, struct err *err)
{
	if (open_socket(fd, err) == -1)
		return -1;
	if (connect(*fd, (const struct sockaddr *)where, sizeof *where) == -1 &&
	    errno != EINPROGRESS)
		return err_sys(err, "connect to 127.0.0.1");
	return 0;
}

/* Whoever else is on this machine may have been faster. */
static bool
is_ours(const struct sockaddr_in *peer, int client)
{
	struct sockaddr_in own;
	socklen_t len = sizeof own;

	return getsockname(client, (struct sockaddr *)&own, &len) == 0 &&
	    peer->sin_port == own.sin_port &&
	    peer->sin_addr.s_addr == own.sin_addr.s_addr;
}

/* Blocking, as servers expect it. */
static int
accept_ours(int listener, int client, int *fd, struct err *err)
{
	struct deadline d = deadline_in(PATIENCE_MS);

	while (fd_wait(listener, POLLIN, d) == 0) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		SCOPED(drop_fd) int got = accept4(listener,
		    (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
		if (got == -1 && (errno == EINTR || errno == EAGAIN ||
		    errno == ECONNABORTED))
			continue;
		if (got == -1)
			break;
		if (!is_ours(&peer, client))
			continue;
		*fd = got;
		got = -1;
		return 0;
	}
	return err_sys(err, "accept a connection on 127.0.0.1");
}

/* No reply is to wait for an acknowledgement of the last one. */
static int
make_ready(int client, int server, struct err *err)
{
	int on = 1;

	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fcntl(client, F_SETFL, 0) == -1 ?
	    err_sys(err, "prepare a connection") : 0;
}

int
loopback_pair(int ends[2], struct err *err)
{
	SCOPED(drop_fd) int listener = -1, client = -1, server = -1;
	struct sockaddr_in where;

	if (listen_anywhere(&listener, &where, err) == -1 ||
	    begin_connecting(&client, &where, err) == -1 ||
	    accept_ours(listener, client, &server, err) == -1 ||
	    make_ready(client, server, err) == -1)
		return -1;
	ends[0] = client;
	ends[1] = server;
	client = server = -1;
	return 0;
}
