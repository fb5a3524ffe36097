/* address_list.h: the addresses of a header field (RFC 5322, 3.4), as
 * strangers write them: with comments, quotes, groups, routes and folding. */
#ifndef ADDRESS_LIST_H
#define ADDRESS_LIST_H

#include <stdbool.h>

#include "str.h"

struct listed {
	struct str	name;		/* before the brackets, as written */
	/* for address_parse(): nothing of it was checked */
	struct str	address;
};

/* The next one of *rest, which moves behind it.  A comment or a quoted string
 * that is not closed ends at the next '<'; what is torn at the end is taken as
 * far as it goes.  False: there are no more. */
bool	address_list_next(struct slice *rest, struct listed *out);
void	drop_listed(struct listed *listed);

#endif
