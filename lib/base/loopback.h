/* loopback.h: a connection of this machine with itself. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include "err.h"

/* Both ends of a TCP connection on 127.0.0.1, closed on exec: for a program
 * that looks what its standard input is, and takes no other socket for a
 * client.  ends[0] is the client's, ends[1] the server's. */
int	loopback_pair(int ends[2], struct err *err);

#endif
