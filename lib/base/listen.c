/* listen.c: serving many connections, each in a process of its own. */
#include "listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "fd.h"
#include "mem.h"
#include "networks.h"
#include "scope.h"
#include "stop.h"

enum {
	/* when there are no descriptors or processes left */
	PAUSE_MS = 200,
};

/* --- who is there ----------------------------------------------------- */

struct client {
	pid_t		pid;		/* 0: the place is free */
	struct network	peer;
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

static bool
has_too_many(const struct crowd *crowd, const struct network *peer)
{
	uint64_t same = 0;

	/* One MTA beside us has many connections, and no address. */
	if (peer->family != AF_INET && peer->family != AF_INET6)
		return false;
	for (size_t i = 0; i < crowd->room; i++)
		same += crowd->clients[i].pid != 0 &&
		    crowd->clients[i].peer.family == peer->family &&
		    memcmp(crowd->clients[i].peer.bytes, peer->bytes,
		    sizeof peer->bytes) == 0;
	return same >= crowd->per_peer;
}

static void
enter(struct crowd *crowd, pid_t pid, const struct network *peer)
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

/* Without descriptors or processes the queue waits, and the machine rests. */
static void
pause_for(const struct listen_service *service, const char *what)
{
	char text[128];

	snprintf(text, sizeof text, "%s: %s", what, strerror(errno));
	service->warn(text);
	poll(NULL, 0, PAUSE_MS);
}

/* Nobody waits for a client that is one too many. */
static void
turn_away(const struct listen_service *service, int connection,
    const struct sockaddr_storage *address)
{
	struct address_text text;

	address_to_text(address, &text);
	service->turned_away(text.text);
	if (send(connection, service->full, strlen(service->full),
	    MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return;
}

static void
accept_one(struct crowd *crowd, const struct listeners *l,
    const struct listener *listener, const struct listen_service *service)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof address;
	SCOPED(drop_fd) int connection = -1;

	connection = accept4(listener->fd, (struct sockaddr *)&address, &len,
	    SOCK_CLOEXEC);
	if (connection == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_for(service, "accept");
		return;
	}
	address_unmap(&address);
	struct network peer = address_network(&address);
	if (has_too_many(crowd, &peer) && !networks_have(service->many,
	    service->many_count, &address)) {
		turn_away(service, connection, &address);
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		/* Nobody may hold the port when the listener is gone. */
		listeners_close(l);
		service->serve(service->arg, connection, listener->role);
	}
	if (pid == -1)
		pause_for(service, "fork");
	else
		enter(crowd, pid, &peer);
}

/* --- the loop --------------------------------------------------------- */

/* When there is no room, clients wait in the kernel's queue. */
static void
wait_and_accept(struct crowd *crowd, const struct listeners *l,
    const struct listen_service *service, int stop, bool *asked)
{
	struct pollfd polls[LISTENERS_MAX + 1] =
	    { { .fd = stop, .events = POLLIN } };
	bool full = crowd->count == crowd->room;

	for (size_t i = 0; i < l->count; i++)
		polls[i + 1] = (struct pollfd){ .fd = full ? -1 :
		    l->list[i].fd,
		    .events = POLLIN };
	if (poll(polls, l->count + 1, -1) == -1)
		return;
	if (polls[0].revents != 0)
		*asked = stop_is_asked(stop);
	reap(crowd);
	for (size_t i = 0; i < l->count && !*asked; i++)
		if (polls[i + 1].revents != 0 && crowd->count < crowd->room)
			accept_one(crowd, l, &l->list[i], service);
}

static void
end_all(struct crowd *crowd, const struct listeners *l, int64_t leave_ms,
    int stop)
{
	struct deadline d = deadline_in(leave_ms);

	listeners_remove(l);
	listeners_close(l);
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
listen_run(const struct listeners *l, const struct listen_service *service,
    struct err *err)
{
	SCOPED(drop_crowd) struct crowd crowd = {
		.room = service->max,
		.per_peer = service->max_per_peer,
	};
	SCOPED(drop_fd) int stop = -1;
	bool asked = false;

	if (stop_open(true, &stop, err) == -1)
		return -1;
	crowd.clients = mem_alloc(crowd.room * sizeof *crowd.clients);
	while (!asked)
		wait_and_accept(&crowd, l, service, stop, &asked);
	end_all(&crowd, l, service->leave_ms, stop);
	return 0;
}
