/* domain_inboxes.h: whether a domain that comes back would have inboxes that are
 * another's by now.
 */
#ifndef DOMAIN_INBOXES_H
#define DOMAIN_INBOXES_H

#include "domain.h"
#include "err.h"
#include "installation.h"

/* domain may be opened in its trash (its in is that then); in is where the others
 * are.  ERR_EXISTS: an account of another one has the inbox of one of its. */
int	domain_inboxes_check(const struct installation *in,
	    const struct domain *domain, struct err *err);

#endif
