/* serve.c: one connection, from its address to its end. */
#include "serve.h"

#include <stdint.h>
#include <unistd.h>

#include "confine.h"
#include "events.h"
#include "fd.h"
#include "listen.h"
#include "log.h"
#include "native.h"
#include "networks.h"
#include "parent.h"
#include "pool.h"
#include "proxy.h"
#include "scope.h"
#include "stop.h"
#include "where.h"

enum {
	LEAVE_MS = 30000,		/* for sessions to end */
	PROXY_MS = 10000,		/* for a proxy to say whom it speaks for */
};

static void
warn(const char *text)
{
	log_warning("%s", text);
}

static int
open_installation(const struct serving *serving, struct installation *in,
    struct err *err)
{
	if (installation_open(serving->directory, PROGRAM_VPOP3D, in,
	    err) == -1 || log_open("vpop3d", in->conf.log, err) == -1)
		return -1;
	in->warn = warn;
	return 0;
}

static void
tell_if_not_root(const struct installation *in)
{
	if (!in->as_root)
		log_warning("not started as root: every process of a session "
		    "is uid %u", (unsigned)geteuid());
}

/* --- one ------------------------------------------------------------------ */

/* The client is told as far as plain text is what it expects. */
static int
turn_down(const struct serving *serving)
{
	static const char text[] =
	    "-ERR [SYS/TEMP] mail cannot be fetched now: try again later\r\n";

	if (!serving->tls &&
	    write(STDOUT_FILENO, text, sizeof text - 1) == -1)
		return -1;
	return -1;
}

/* A proxy that is believed says first whom it speaks for; nothing else can come
 * of a connection of which it does not.  -1: the log knows. */
static int
ask_proxy(const struct installation *in, struct connection *c)
{
	const struct setting_words *from = &in->conf.proxy_from;
	struct err err;

	if (!c->has_address ||
	    !networks_have(from->word, from->count, &c->peer))
		return 0;
	if (proxy_take_header(c, deadline_in(PROXY_MS), &err) == 0)
		return 0;
	events_proxy_failed(c, err.text);
	return -1;
}

static int
serve_opened(const struct serving *serving, const struct installation *in,
    struct connection *connection, struct err *err)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	SCOPED(drop_fd) int root = -1, stop = -1;
	struct parent parent = {
		.in = in, .connection = connection, .tls = serving->tls,
		.native = serving->native, .found = serving->found,
	};

	if (confine_open_root(installation_path(in, &pool, in->conf.state),
	    &root, err) == -1)
		return turn_down(serving);
	where_find(in, connection, &pool, &parent.where);
	/* Under TLS there is nothing that it could take over. */
	if (parent.where.kind == WHERE_MAIN && serving->native != NULL &&
	    !serving->tls && !serving->share_main)
		return native_become(serving->native, connection,
		    serving->found, err);
	connection_forget(connection);
	connection_no_delay();
	if (stop_open(false, &stop, err) == -1)
		return turn_down(serving);
	parent.root = root;
	parent.stop = stop;
	return parent_run(&parent, err);
}

static int
serve(const struct serving *serving, struct connection *connection,
    bool one_alone, struct err *err)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };

	if (open_installation(serving, &in, err) == -1)
		return turn_down(serving);
	if (one_alone)
		tell_if_not_root(&in);
	if (ask_proxy(&in, connection) == -1)
		return 0;
	return serve_opened(serving, &in, connection, err);
}

/* The connection is looked at first: until then nothing may be logged, because
 * standard error may be the client. */
int
serve_connection(const struct serving *serving, struct err *err)
{
	struct connection connection;

	return connection_open(&connection, err) == -1 ? -1 :
	    serve(serving, &connection, true, err);
}

/* --- many ----------------------------------------------------------------- */

static _Noreturn void
serve_one(void *arg, int fd, int role)
{
	struct connection connection;
	struct err err;

	(void)role;
	confine_fds(&fd, 1);
	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(75);
	if (connection_open(&connection, &err) == 0) {
		/* Ours is the log's; a native pop3d's is the client. */
		connection.standard_error = fd;
		if (serve(arg, &connection, false, &err) == 0)
			_exit(0);
	}
	log_warning("%s", err.text);
	_exit(75);
}

int
serve_listeners(const struct serving *serving,
    const struct listeners *listeners, struct err *err)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_fd) int root = -1;

	/* What no connection could be served without is found out now. */
	if (open_installation(serving, &in, err) == -1 ||
	    confine_open_root(installation_path(&in, &in.pool,
	    in.conf.state), &root, err) == -1)
		return -1;
	tell_if_not_root(&in);
	const struct listen_service service = {
		.max = in.conf.max_connections,
		.max_per_peer = in.conf.max_connections_per_peer,
		.leave_ms = LEAVE_MS,
		.many = in.conf.proxy_from.word,
		.many_count = in.conf.proxy_from.count,
		.serve = serve_one, .turned_away = log_refused_connection,
		/* in plain text, which is nothing that a client of TLS
		 * understands */
		.full = serving->tls ? "" : "-ERR [SYS/TEMP] too many "
		    "connections from your address\r\n",
		.warn = warn, .arg = (void *)(uintptr_t)serving,
	};

	return listen_run(listeners, &service, err);
}
