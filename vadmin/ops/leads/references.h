/* references.h: what leads to an account or a domain: members of aliases and of
 * forwards, and fallbacks, of all domains.
 */
#ifndef REFERENCES_H
#define REFERENCES_H

#include "operation.h"
#include "reference.h"

/* All of them; of aliases only members that may mean the account of that name,
 * of any domain, if it is not NULL.  What cannot be read, or changed, is told in
 * a note. */
int	references_each(struct call *call, const char *account,
	    reference_visitor *visit, void *arg, struct err *err);

/* The same where each of them has to change: what could not be is an error that
 * counts them, ERR_TEMPORARY or ERR_REFUSED, behind a note of each.  The first
 * changes nothing, and finds what is known before. */
int	references_check(struct call *call, const char *account,
	    reference_visitor *visit, void *arg, struct err *err);
int	references_change(struct call *call, const char *account,
	    reference_visitor *visit, void *arg, struct err *err);

#endif
