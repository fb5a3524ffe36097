/* warning.h: the message that tells an account that its inbox is nearly full.
 *
 * Its text is DIR/quota-warning, a message with header, where there is such a
 * file: %u the account, %d its domain, %s what the inbox holds and %l what it
 * may hold, in kB, %p the same as a percentage, %% a per cent sign.
 */
#ifndef WARNING_H
#define WARNING_H

#include "account.h"
#include "err.h"
#include "mailbox.h"
#include "str.h"

/* Whether a delivery went past nine tenths of the limit. */
bool	warning_is_due(const struct room *room);

/* The whole message. */
int	warning_make(const struct account *account, const struct room *room,
	    struct str *out, struct err *err);

#endif
