/* mailbox_hold.c: an account's inbox, held so that nobody changes it meanwhile. */
#include "mailbox_hold.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "change.h"
#include "fd.h"
#include "mailbox.h"
#include "mbox_file.h"
#include "scope.h"
#include "session_lock.h"

enum { RETRY_MS = 50, MORE_MS = 10000 };

/* What the child says when it has the locks, or could not get them. */
struct word {
	struct err	err;		/* of kind ERR_NONE: it has them */
};

static int
wait_for_session(const struct mailbox *mailbox, struct deadline d, int *fd,
    struct err *err)
{
	for (;;) {
		if (session_lock(mailbox, fd, err) == 0)
			return 0;
		if (err->kind != ERR_BUSY || deadline_over(d))
			return -1;
		poll(NULL, 0, deadline_left(deadline_within(d, RETRY_MS)));
	}
}

struct locks {
	int			session;
	struct mbox_file	file;
};

static int
lock_all(const struct mailbox *mailbox, struct deadline d,
    struct locks *locks, struct err *err)
{
	if (change_is_rehearsed())
		return session_look(mailbox, err);
	if (wait_for_session(mailbox, d, &locks->session, err) == -1)
		return -1;
	if (mailbox->kind != &mbox_kind || mbox_file_open(mailbox->parent,
	    mailbox->name, MBOX_FILE_EXISTING, d, &locks->file, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? 0 : -1;
}

/* Ends with its parent's end of the pair, or with its parent. */
static _Noreturn void
hold(const struct account *account, int fd)
{
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct mailbox mailbox = MAILBOX_NONE;
	struct locks locks = { -1, MBOX_FILE_NONE };
	struct word word = { .err.kind = ERR_NONE };
	const struct deadline d = deadline_in(
	    (int64_t)account->domain->in->conf.lock_timeout * 1000);
	char end;

	if (ident_become(account_identity(account), &word.err) == 0) {
		if (mailbox_open(account, false, &pool, &mailbox,
		    &word.err) == -1) {
			if (word.err.kind == ERR_ABSENT)
				word.err = (struct err){ 0 };
		} else if (lock_all(&mailbox, d, &locks, &word.err) == 0)
			word.err = (struct err){ 0 };
	}
	/* When our parent dies we take our lock file away, rather than die, too. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (send(fd, &word, sizeof word, MSG_NOSIGNAL) == sizeof word &&
	    word.err.kind == ERR_NONE)
		while (recv(fd, &end, 1, 0) > 0)
			;
	drop_mbox_file(&locks.file);
	drop_fd(&locks.session);
	_exit(0);
}

int
mailbox_hold(const struct account *account, struct mailbox_hold *out,
    struct err *err)
{
	SCOPED(drop_mailbox_hold) struct mailbox_hold made = MAILBOX_HOLD_NONE;
	const int64_t wait = (int64_t)account->domain->in->conf.lock_timeout *
	    1000 + MORE_MS;
	struct word word;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return err_sys(err, "make a pair of sockets");
	made.fd = pair[0];
	SCOPED(drop_fd) int theirs = pair[1];
	int forked = child_fork(&made.child, err);
	if (forked == -1)
		return -1;
	if (forked == 0) {
		close(pair[0]);
		hold(account, theirs);
	}
	drop_fd(&theirs);
	if (fd_read_by(made.fd, &word, sizeof word, deadline_in(wait), err) !=
	    sizeof word)
		return err_set(err, ERR_TEMPORARY, "nobody could lock the "
		    "inbox of %s", account->name);
	if (word.err.kind != ERR_NONE) {
		*err = word.err;
		return -1;
	}
	*out = made;
	made = MAILBOX_HOLD_NONE;
	return 0;
}

/* The child takes its lock file away itself. */
void
drop_mailbox_hold(struct mailbox_hold *hold)
{
	int status;

	drop_fd(&hold->fd);
	if (hold->child.pid != 0)
		child_end(&hold->child, MORE_MS, &status);
}
