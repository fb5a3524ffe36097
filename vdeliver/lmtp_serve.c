/* lmtp_serve.c: connections, each from its beginning to its end. */
#include "lmtp_serve.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "deadline.h"
#include "fd.h"
#include "index_recall.h"
#include "listen.h"
#include "log.h"
#include "scope.h"
#include "stop.h"

enum {
	REQUEST_MS = 10000,		/* for a client to say what it wants */
	MORE_MS = 20000,		/* than a delivery may take */
};

static void
warn(const char *text)
{
	log_warning("%s", text);
}

static int
open_installation(const char *directory, struct installation *in,
    struct err *err)
{
	if (installation_open(directory, PROGRAM_VDELIVER, in, err) == -1 ||
	    log_open("vlmtpd", in->conf.log, err) == -1)
		return -1;
	in->warn = warn;
	return 0;
}

/* --- one ---------------------------------------------------------------- */

/* Without settings there is nobody else to read a request; whatever it asks,
 * the answer is the same. */
static void
await_request(void)
{
	char nothing[4096];

	if (fd_wait(STDIN_FILENO, POLLIN, deadline_in(REQUEST_MS)) == 0 &&
	    read(STDIN_FILENO, nothing, sizeof nothing) == -1)
		return;
}

static int
turn_down(enum lmtp_role role)
{
	static const char mail[] =
	    "421 4.3.5 mail cannot be taken now: see the log\r\n";
	static const char map[] =
	    "44:TEMP lookups cannot be answered: see the log,";
	bool is_mail = role == LMTP_MAIL;

	if (!is_mail)
		await_request();
	if (write(STDOUT_FILENO, is_mail ? mail : map,
	    is_mail ? sizeof mail - 1 : sizeof map - 1) == -1)
		return -1;
	return -1;
}

static int
serve(const struct connection *connection, const char *directory,
    enum lmtp_role role, struct err *err)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };
	SCOPED(drop_index_recall) struct index_recall recall = { 0 };
	SCOPED(drop_fd) int root = -1, stop = -1;

	if (open_installation(directory, &in, err) == -1 ||
	    confine_open_root(installation_path(&in, &in.pool,
	    in.conf.state), &root, err) == -1 ||
	    stop_open(false, &stop, err) == -1)
		return turn_down(role);
	in.recall = &recall;
	const struct lmtp_parent parent = {
		.in = &in, .role = role, .peer = connection->peer_text.text,
		.root = root, .stop = stop,
	};
	return lmtp_parent_run(&parent, err) == -1 ? turn_down(role) : 0;
}

int
lmtp_serve_connection(const char *directory, enum lmtp_role role,
    struct err *err)
{
	struct connection connection;

	if (connection_open(&connection, err) == -1)
		return -1;
	/* It is the client's, and nobody's after us. */
	drop_fd(&connection.standard_error);
	connection_no_delay();
	return serve(&connection, directory, role, err);
}

/* --- many --------------------------------------------------------------- */

static _Noreturn void
serve_one(void *arg, int fd, int role)
{
	const char *directory = arg;
	struct err err;

	confine_fds(&fd, 1);
	if (dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(EX_TEMPFAIL);
	close(fd);
	if (lmtp_serve_connection(directory, (enum lmtp_role)role, &err) == 0)
		_exit(EX_OK);
	log_warning("%s", err.text);
	_exit(EX_TEMPFAIL);
}

int
lmtp_serve_listeners(const char *directory, const struct listeners *listeners,
    struct err *err)
{
	SCOPED(drop_installation) struct installation in = { .dir = -1 };

	if (open_installation(directory, &in, err) == -1)
		return -1;
	const struct listen_service service = {
		.max = in.conf.max_connections,
		.max_per_peer = in.conf.max_connections_per_peer,
		.leave_ms = (int64_t)in.conf.delivery_timeout * 1000 +
		    MORE_MS,
		.serve = serve_one, .turned_away = log_refused_connection,
		.full = "421 4.3.2 too many connections from your address\r\n",
		.warn = warn,
		.arg = (void *)(uintptr_t)directory,
	};

	return listen_run(listeners, &service, err);
}
