/* successor.h: who takes the place of an account that is deleted. */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include "account.h"
#include "operation.h"

struct successor {
	/* with its domain; NULL: nobody takes its place */
	const char	*address;
	/* the account of the deleted one's domain that it is; or NULL */
	const char	*account;
};

/* What "--replace-by" says.  ERR_INVALID: no address with its domain, or mail
 * for it comes to nobody once the account is gone.  ERR_ABSENT: there is no
 * such address. */
int	successor_find(struct call *call, const struct account *account,
	    struct successor *out, struct err *err);

#endif
