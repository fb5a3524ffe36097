/* lmtp_talker.h: starting the process that has the connection.
 *
 * It has given up all rights before it reads a byte: nobody, in an empty root,
 * with the connection and a socket to its parent alone.
 */
#ifndef LMTP_TALKER_H
#define LMTP_TALKER_H

#include "child.h"
#include "err.h"
#include "lmtp_parent.h"

/* Forks it; *socket is the parent's end of what it asks through (lmtp_wire.h).
 * The parent's own 0 and 1 become /dev/null. */
int	lmtp_talker_start(const struct lmtp_parent *parent,
	    struct child *talker, int *socket, struct err *err);

#endif
