/* carry.h: bytes carried both ways between a client and a server, unlooked
 * at. */
#ifndef CARRY_H
#define CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

enum { CARRY_ROOM = 65536 };

/* How it ended. */
enum carry_end {
	CARRY_NONE,		/* it goes on */
	CARRY_ERROR,
	CARRY_CLOSED,		/* both have said their last, and heard it */
	CARRY_HANGUP,		/* the client's side broke */
	CARRY_TIMEOUT,
	CARRY_TERMINATED,	/* we were told to end */
};
const char	*carry_end_name(enum carry_end end);

struct carry_way {
	int		 from, to;	/* sockets, or pipes */
	size_t		 start, end;	/* of what is read and not written yet */
	uint64_t	 octets;	/* written */
	bool		 over;		/* no more comes */
	bool		 broke;		/* because from broke */
	bool		 deaf;		/* to takes no more */
	char		 bytes[CARRY_ROOM];
};

struct carry {
	struct carry_way to_server, to_client;
	/* a pidfd of the server: when that has ended and its last words are
	 * told, nobody is there who could hear more */
	int		 server;
	int		 stop;		/* readable when we are to end */
	int64_t		 idle_ms;	/* of silence both ways */
};

/* Goes first, before what comes; up to CARRY_ROOM in all. */
void	carry_put(struct carry_way *way, struct slice bytes);

/* Until both have said their last.  Where one has, the other is told that no
 * more comes (shutdown()), and goes on.  When it ends before that, so does the
 * server's connection at its close: what it has not got by then is lost. */
enum carry_end carry_run(struct carry *carry);

#endif
