/* parent.h: what stays root: it starts the others, checks passwords, and logs. */
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
	const char			*name;	/* that greets: "Virtual D", or the host's */
	bool				 needs_tls;	/* as in talker.h */
	int				 root;	/* the empty directory of the talker */
	int				 stop;	/* readable when we are to end */
};

/* From the greeting to the end of the session.  -1: it could not begin. */
int	parent_run(const struct parent *parent, struct err *err);

#endif
