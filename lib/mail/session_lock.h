/* session_lock.h: one POP3 session at a time has a mailbox. */
#ifndef SESSION_LOCK_H
#define SESSION_LOCK_H

#include "err.h"
#include "mailbox.h"

/* Without waiting; close *fd to release it.  ERR_BUSY: another session, or who
 * moves the mailbox, has it. */
int	session_lock(const struct mailbox *mailbox, int *fd, struct err *err);

/* Whether session_lock() would say ERR_BUSY; nothing is left of it. */
int	session_look(const struct mailbox *mailbox, struct err *err);

#endif
