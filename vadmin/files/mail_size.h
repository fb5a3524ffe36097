/* mail_size.h: how many bytes of mail an account has. */
#ifndef MAIL_SIZE_H
#define MAIL_SIZE_H

#include "account.h"

/* Without a lock.  A Maildir is looked at by a child that has become the
 * account; what cannot be told counts as none. */
uint64_t mail_size(const struct account *account);

#endif
