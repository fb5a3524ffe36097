/* unpack.h: what belongs to an account, from parcels to its places; by a
 * process that has become the account.
 *
 * What is there already must be the same, else ERR_EXISTS names it: nothing is
 * replaced.  An inbox gets its name when all of it is on the disk.  What was
 * ended at any moment can be begun anew.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "account.h"
#include "err.h"

struct unpacking {
	const struct account	*account;
	int			 in;		/* parcels, up to PARCEL_END */
};

int	unpack_account(void *unpacking, struct err *err);

#endif
