/* rehash.h: an old password hash becomes a new one when its owner logs in.
 */
#ifndef REHASH_H
#define REHASH_H

#include "account.h"
#include "str.h"

/* The password is right.  In a process of its own, which has all hashes of the
 * domain in its memory; killed after some seconds.  It logs how it went; where it
 * fails the old hash stays as good as it was. */
void	rehash(const struct account *account, struct slice password);

#endif
