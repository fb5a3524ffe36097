/* apart.c: work that is done by a child that has become somebody else. */
#include "apart.h"

#include <sys/socket.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "packet.h"
#include "scope.h"

#define EARLY	"the process that had become the account ended early"

enum {
	PATIENCE_MS = 10 * 60 * 1000,
	SLOWEST = 100,			/* bytes a millisecond */
};

static _Noreturn void
work_as(struct ident who, apart_work *work, void *arg, int answer)
{
	struct err err = { 0 };
	/* the journal is the parent's */
	change_watch(NULL);
	int got = ident_become(who, &err) == -1 ? -1 : work(arg, &err);

	if (got == 0)
		err = (struct err){ 0 };
	else if (err.kind == ERR_NONE)
		err_fill(&err, ERR_TEMPORARY, "it failed");
	_exit(packet_send(answer, &err, sizeof err) == -1 || got == -1);
}

int
apart_begin(struct apart *a, struct ident who, apart_work *work, void *arg,
    struct err *err)
{
	SCOPED(drop_fd) int end = -1;
	int got = packet_fork(&a->child, &end, err);

	if (got == 0)
		work_as(who, work, arg, end);
	if (got == -1)
		return -1;
	a->answer = end;
	a->patience = deadline_in(PATIENCE_MS);
	end = -1;
	return 0;
}

int
apart_stream(int ends[2], struct err *err)
{
	const struct timeval most = { .tv_sec = PATIENCE_MS / 1000 };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return err_sys(err, "make a pair of sockets");
	if (setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &most,
	    sizeof most) == 0)
		return 0;
	drop_fd(&ends[0]);
	drop_fd(&ends[1]);
	return err_sys(err, "make a pair of sockets");
}

static struct deadline
patience(const struct apart *a, uint64_t done)
{
	return (struct deadline){ a->patience.at_ms +
	    (int64_t)(done / SLOWEST) };
}

int
apart_hangs(struct err *err)
{
	return err_set(err, ERR_TEMPORARY, "it takes too long: look whether a "
	    "disk of the account hangs (NFS, FUSE)");
}

int
apart_goes_on(const struct apart *a, uint64_t done, struct err *err)
{
	return deadline_over(patience(a, done)) ? apart_hangs(err) : 0;
}

/* 0: the child is heard, or gone. */
static int
hear(struct apart *a, apart_progress *progress, void *arg, struct err *said,
    struct err *err)
{
	uint64_t done = progress(arg);

	while (packet_receive(a->answer, said, sizeof *said,
	    patience(a, done)) == -1) {
		if (!deadline_over(patience(a, done))) {
			err_fill(said, ERR_TEMPORARY, EARLY);
			return 0;
		}
		done = progress(arg);
		if (apart_goes_on(a, done, err) == -1)
			return -1;
	}
	said->text[sizeof said->text - 1] = '\0';
	return 0;
}

int
apart_end(struct apart *a, apart_progress *progress, void *arg,
    struct err *err)
{
	enum { ENDING_MS = 60 * 1000 };
	struct err said = { 0 };
	int status;

	if (hear(a, progress, arg, &said, err) == -1 || child_wait(&a->child,
	    deadline_in(ENDING_MS), &status, err) == -1)
		return -1;
	if (said.kind == ERR_NONE)
		return status == 0 ? 0 : err_set(err, ERR_TEMPORARY, EARLY);
	return err_set(err, said.kind > ERR_FULL ? ERR_TEMPORARY : said.kind,
	    "%s", said.text);
}

void
drop_apart(struct apart *a)
{
	drop_child(&a->child);
	drop_fd(&a->answer);
}
