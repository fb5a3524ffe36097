/* request.h: what vdeliver was asked for, by arguments or by the
 * environment. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

#include "err.h"
#include "pool.h"

struct request {
	struct pool	  pool;
	const char	 *directory;	/* -C */
	const char	 *sender;	/* "" = null */
	/* why the sender must be refused; NULL: it is taken */
	const char	 *wrong_sender;
	const char	**recipients;
	size_t		  count;
	bool		  dry_run;	/* -n */
	bool		  verbose;	/* -v */
};

/* ERR_INVALID: bad usage. */
int	request_parse(int argc, char **argv, struct request *request,
	    struct err *err);
void	drop_request(struct request *request);

#endif
