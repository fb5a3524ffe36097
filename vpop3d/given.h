/* given.h: what the parent of a connection is given. */
#ifndef GIVEN_H
#define GIVEN_H

#include <stdbool.h>

#include "connection.h"
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

#endif
