/* lmtp_room.c: whether an inbox has room, before there is a message. */
#include "lmtp_room.h"

#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "confine.h"
#include "limit.h"
#include "mailbox.h"
#include "mem.h"
#include "scope.h"
#include "work.h"

/* RCPT is to answer at once: a disk that hangs is the delivery's to wait for */
enum { LOOK_MS = 10000 };

/* The child's status tells, by this and what it saw; others are none. */
enum { FIRST_STATUS = 20 };

const struct account *
lmtp_room_account(const struct recipient *r)
{
	const struct target *t = r->count == 1 ? r->targets[0] : NULL;

	return t != NULL && t->kind == TARGET_ACCOUNT &&
	    t->account->domain->conf.filter[0] == '\0' ? t->account : NULL;
}

enum lmtp_room
lmtp_room_look(const struct account *account, uint64_t size)
{
	SCOPED(drop_mailbox) struct mailbox mailbox = MAILBOX_NONE;
	SCOPED(drop_pool) struct pool pool = { 0 };
	struct limit limit;
	uint64_t used = 0;
	struct err err;

	if (limit_read(account, &limit, &err) == -1)
		return ROOM_ENOUGH;
	if (limit.disabled || limit.bytes == LIMIT_NONE)
		return limit.disabled ? ROOM_DISABLED : ROOM_ENOUGH;
	if (mailbox_open(account, false, &pool, &mailbox, &err) == 0 ?
	    mailbox_size(&mailbox, &used, &err) == -1 : err.kind != ERR_ABSENT)
		return ROOM_ENOUGH;
	/* One that is full to the last byte takes no message. */
	return used >= limit.bytes || size > limit.bytes - used ? ROOM_FULL :
	    ROOM_ENOUGH;
}

static enum lmtp_room
look_as(struct ident who, const struct account *account, uint64_t size,
    struct deadline d)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct err err;
	int status;

	int forked = child_fork(&child, &err);
	if (forked == 0) {
		mem_told_by_parent();
		confine_fds(NULL, 0);
		_exit(ident_become(who, &err) == -1 ? 0 :
		    FIRST_STATUS + lmtp_room_look(account, size));
	}
	if (forked == -1 || child_wait(&child, deadline_within(d, LOOK_MS),
	    &status, &err) == -1 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) < FIRST_STATUS ||
	    WEXITSTATUS(status) >= FIRST_STATUS + ROOM_KINDS)
		return ROOM_ENOUGH;
	return (enum lmtp_room)(WEXITSTATUS(status) - FIRST_STATUS);
}

struct outcome
lmtp_room_outcome(const struct account *account, enum lmtp_room room)
{
	switch (room) {
	case ROOM_FULL:
		return work_is_full(account);
	case ROOM_DISABLED:
		return work_is_disabled();
	case ROOM_ENOUGH:
	case ROOM_KINDS:
		break;
	}
	return (struct outcome){ .kind = OUTCOME_DONE, .code = "2.1.5" };
}

struct outcome
lmtp_room_for(const struct recipient *r, uint64_t size, struct deadline d)
{
	const struct account *account = lmtp_room_account(r);
	struct err err;

	if (account == NULL || !limit_may_exist(account) ||
	    ident_can_become(account_identity(account), &err) == -1)
		return lmtp_room_outcome(account, ROOM_ENOUGH);
	return lmtp_room_outcome(account, look_as(account_identity(account),
	    account, size, d));
}
