/* domain_delete.h: a domain taken away, for "domain delete" and for whoever takes
 * back what made it.
 */
#ifndef DOMAIN_DELETE_H
#define DOMAIN_DELETE_H

#include "operation.h"

/* The domain goes to the trash with accounts and mail, whoever still wants it.
 * ERR_REFUSED: it is the main domain, or none any more. */
int	domain_delete_imported(struct call *call, const char *name,
	    struct err *err);

#endif
