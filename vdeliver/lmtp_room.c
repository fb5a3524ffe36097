/* lmtp_room.c: whether an inbox has room, before there is a message. */
#include "lmtp_room.h"

#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "limit.h"
#include "mailbox.h"
#include "mem.h"
#include "scope.h"
#include "work.h"

/* RCPT is to answer at once: a disk that hangs is the delivery's to wait for */
enum { LOOK_MS = 10000 };

/* What the child's status tells; any other is ROOM_ENOUGH. */
enum room_status {
	ROOM_ENOUGH,
	ROOM_FULL = 20,
	ROOM_DISABLED,
};

/* A filter may make nothing of the message, and what stands beside the inbox
 * has a say in its reply. */
static const struct account *
inbox_alone(const struct recipient *r)
{
	const struct target *t = r->count == 1 ? r->targets[0] : NULL;

	return t != NULL && t->kind == TARGET_ACCOUNT &&
	    t->account->domain->conf.filter[0] == '\0' ? t->account : NULL;
}

/* As the inbox's owner. */
static enum room_status
look(const struct account *account, uint64_t size)
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

static enum room_status
look_as(struct ident who, const struct account *account, uint64_t size,
    struct deadline d)
{
	SCOPED(drop_child) struct child child = CHILD_NONE;
	struct err err;
	int status;

	int forked = child_fork(&child, &err);
	if (forked == 0) {
		mem_told_by_parent();
		_exit(ident_become(who, &err) == -1 ? ROOM_ENOUGH :
		    look(account, size));
	}
	if (forked == -1 || child_wait(&child, deadline_within(d, LOOK_MS),
	    &status, &err) == -1 || !WIFEXITED(status))
		return ROOM_ENOUGH;
	return (enum room_status)WEXITSTATUS(status);
}

struct outcome
lmtp_room_for(const struct recipient *r, uint64_t size, struct deadline d)
{
	const struct account *account = inbox_alone(r);
	struct outcome enough = { .kind = OUTCOME_DONE, .code = "2.1.5" };
	struct err err;

	if (account == NULL || !limit_may_exist(account) ||
	    ident_can_become(account_identity(account), &err) == -1)
		return enough;
	switch (look_as(account_identity(account), account, size, d)) {
	case ROOM_FULL:
		return work_is_full(account);
	case ROOM_DISABLED:
		return work_is_disabled();
	case ROOM_ENOUGH:
		break;
	}
	return enough;
}
