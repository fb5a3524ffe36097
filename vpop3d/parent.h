/* parent.h: what stays root: it starts the others, checks passwords, and
 * logs. */
#ifndef PARENT_H
#define PARENT_H

#include "connection.h"
#include "err.h"
#include "installation.h"
#include "startup.h"
#include "where.h"

struct parent {
	const struct installation	*in;
	const struct connection		*connection;
	struct where			 where;
	/* from the first byte on (--tls) */
	bool				 tls;
	/* argv of the native pop3d, NULL: none; and what it is to find */
	char *const			*native;
	const struct startup		*found;
	/* the empty directory of talker and vtls */
	int				 root;
	/* readable when we are to end */
	int				 stop;
};

/* From the greeting to the end of the session.  -1: it could not begin. */
int	parent_run(const struct parent *parent, struct err *err);

#endif
