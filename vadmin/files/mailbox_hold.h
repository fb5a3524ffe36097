/* mailbox_hold.h: an account's inbox, held so that nobody changes it meanwhile.
 *
 * A child that has become the account holds the lock of a POP3 session and, for
 * an mbox, all that a delivery takes, until it is let go or we die.  Where changes
 * are only rehearsed it looks whether there is a session, and leaves nothing.
 */
#ifndef MAILBOX_HOLD_H
#define MAILBOX_HOLD_H

#include "account.h"
#include "child.h"
#include "err.h"

struct mailbox_hold {
	struct child	child;
	int		fd;		/* closed: let go */
};
#define MAILBOX_HOLD_NONE	((struct mailbox_hold){ CHILD_NONE, -1 })

/* Waits as long as a delivery would (lock-timeout).  ERR_BUSY: a session has it,
 * or another program locked it.  What is not there needs none. */
int	mailbox_hold(const struct account *account, struct mailbox_hold *out,
	    struct err *err);
void	drop_mailbox_hold(struct mailbox_hold *hold);

#endif
