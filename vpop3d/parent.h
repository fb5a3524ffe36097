/* parent.h: what stays root: it starts the others, checks passwords, and
 * logs. */
#ifndef PARENT_H
#define PARENT_H

#include "connection.h"
#include "err.h"
#include "installation.h"
#include "where.h"

struct parent {
	const struct installation	*in;
	const struct connection		*connection;
	struct where			 where;
	/* that greets: "Virtual D", or the host's */
	const char			*name;
	bool				 needs_tls;	/* as in talker.h */
	/* as in login.h */
	bool				 serves_main;
	/* the empty directory of the talker */
	int				 root;
	/* readable when we are to end */
	int				 stop;
};

/* From the greeting to the end of the session.  -1: it could not begin. */
int	parent_run(const struct parent *parent, struct err *err);

#endif
