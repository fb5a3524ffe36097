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
	/* from the first byte on (--tls) */
	bool				 tls;
	/* as in login.h */
	bool				 serves_main;
	/* the empty directory of talker and vtls */
	int				 root;
	/* readable when we are to end */
	int				 stop;
};

/* From the greeting to the end of the session.  -1: it could not begin. */
int	parent_run(const struct parent *parent, struct err *err);

#endif
