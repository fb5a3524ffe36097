/* unsupported.h: what an account may have on disk that this version cannot do.
 *
 * It is refused by name, and the mail waits: never is a vacation silently
 * ignored.
 */
#ifndef UNSUPPORTED_H
#define UNSUPPORTED_H

#include "account.h"
#include "err.h"

/* As the account.  -1, temporary: a vacation is there. */
int	unsupported_check(const struct account *account, struct err *err);

#endif
