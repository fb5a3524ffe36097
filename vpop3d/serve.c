/* serve.c: one connection, from its address to its end. */
#include "serve.h"

#include <stdint.h>
#include <unistd.h>

#include "confine.h"
#include "fd.h"
#include "listen.h"
#include "log.h"
#include "native.h"
#include "parent.h"
#include "pool.h"
#include "scope.h"
#include "stop.h"
#include "where.h"

enum { LEAVE_MS = 30000 };		/* for sessions to end */

int
serve_connection(const struct serving *serving,
    struct connection *connection, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int stop = -1;
	struct parent parent = {
		.in = serving->in, .connection = connection,
		.root = serving->root, .tls = serving->tls,
		.serves_main = serving->native == NULL,
	};

	where_find(serving->in, connection, &pool, &parent.where);
	/* Under TLS there is nothing that it could take over. */
	if (parent.where.kind == WHERE_MAIN && serving->native != NULL &&
	    !serving->tls)
		return native_become(serving->native, connection,
		    serving->found, err);
	connection_forget(connection);
	connection_no_delay();
	if (stop_open(false, &stop, err) == -1)
		return -1;
	parent.stop = stop;
	return parent_run(&parent, err);
}

/* --- many ----------------------------------------------------------------- */

static _Noreturn void
serve_one(void *arg, int fd, int role)
{
	const struct serving *serving = arg;
	const int keep[] = { fd, serving->in->dir, serving->root };
	struct connection connection;
	struct err err;

	(void)role;
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
log_turned_away(const char *peer)
{
	SCOPED(drop_log_line) struct log_line line =
	    log_event("connection-refused");

	log_text(&line, "peer", slice_of(peer));
	log_send(&line, LOG_NOTICE);
}

int
serve_listeners(const struct serving *serving,
    const struct listeners *listeners, struct err *err)
{
	const struct listen_service service = {
		.max = serving->in->conf.max_connections,
		.max_per_peer = serving->in->conf.max_connections_per_peer,
		.leave_ms = LEAVE_MS,
		.serve = serve_one, .turned_away = log_turned_away,
		.full = "-ERR [SYS/TEMP] too many connections from your address\r\n",
		.warn = serving->in->warn, .arg = (void *)(uintptr_t)serving,
	};

	return listen_run(listeners, &service, err);
}
