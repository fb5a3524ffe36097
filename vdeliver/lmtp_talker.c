/* lmtp_talker.c: starting the process that has the connection. */
#include "lmtp_talker.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confine.h"
#include "dialogue.h"
#include "fd.h"
#include "lmtp_session.h"
#include "lmtp_socketmap.h"
#include "log.h"
#include "packet.h"
#include "scope.h"

/* a Received field, on top of a message of the greatest size */
enum { ON_TOP = 4096 };

static void
talk(const struct lmtp_parent *p, int socket)
{
	const struct vmail_conf *conf = &p->in->conf;
	const struct lmtp_session session = {
		.hostname = p->in->hostname, .peer = p->peer,
		.parent = socket, .stop = p->stop,
		.max_size = conf->max_message_size,
		.idle_ms = (int64_t)conf->idle_timeout * 1000,
	};

	_exit(p->role == LMTP_SOCKETMAP ? lmtp_socketmap_run(&session) :
	    lmtp_session_run(&session));
}

static _Noreturn void
be_talker(const struct lmtp_parent *p, int socket)
{
	uint64_t max = p->in->conf.max_message_size;
	const int keep[] = { socket, p->stop, p->root };
	struct err err;

	confine_fds(keep, p->root == -1 ? 2 : 3);
	if (confine_to(p->root, p->role != LMTP_MAIL ? 0 : max == 0 ?
	    RLIM_INFINITY : max + ON_TOP, &err) == -1) {
		log_warning("cannot give up rights: %s", err.text);
		_exit(END_ERROR);
	}
	confine_fds(keep, 2);
	talk(p, socket);
	_exit(END_ERROR);
}

/* The connection is the talker's alone: its end is the client's. */
static int
leave_connection(struct err *err)
{
	SCOPED(drop_fd) int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing == -1 || dup2(nothing, STDIN_FILENO) == -1 ||
	    dup2(nothing, STDOUT_FILENO) == -1)
		return err_sys(err, "/dev/null");
	return 0;
}

int
lmtp_talker_start(const struct lmtp_parent *p, struct child *talker,
    int *socket, struct err *err)
{
	int end, forked = packet_fork(talker, &end, err);

	if (forked == -1)
		return -1;
	if (forked == 0)
		be_talker(p, end);
	*socket = end;
	return leave_connection(err);
}
