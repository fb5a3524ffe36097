/* authority.h: whether the caller may do what he asks for: the one place.
 *
 * Two questions, both answered before an operation does anything, and once
 * more when it has the lock: does the operation's row let his class call it,
 * and is each value of the call his, by what its type says of it (param.h)?
 * What nobody said is refused.
 *
 * Behind it stands shows() of the installation: to who rules not everything,
 * domains that are not his do not exist, whatever an operation looks for.
 */
#ifndef AUTHORITY_H
#define AUTHORITY_H

#include "operation.h"

/* ERR_REFUSED: no; in the same words whether what he named exists or not.
 * ERR_INVALID: a name without a domain, by somebody who has several. */
int	authority_check(struct call *call, struct err *err);

#endif
