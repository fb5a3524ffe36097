/* password.h: checking and making password hashes with crypt(3).
 *
 * Needs libcrypt: vdeliver does not link it.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

#include "account.h"
#include "err.h"
#include "str.h"

/* bytes, as crypt(3) has it; longer ones never match */
enum { PASSWORD_MAX = 511 };

/* Whether given opens it.  Costs one hash whatever the answer is: where there
 * is none to check (password NULL, locked, broken), one like the new ones is
 * computed in its place.  -1: no hash can be computed, for want of memory. */
int	password_check(const struct password *password, struct slice given,
	    bool *matches, struct err *err);

/* Whether new hashes are made by a better method than this one. */
bool	password_is_old(const char *hash);

/* Whether a text looks like a hash that crypt(3) of this machine knows. */
bool	password_is_known(const char *hash);

/* A new yescrypt hash. */
int	password_hash(struct slice given, struct str *out, struct err *err);

#endif
