/* packet.h: records between two processes of ours.
 *
 * Sequenced-packet sockets: a record comes whole or not at all, and one of
 * another size ends the conversation.  A descriptor can come with it.
 */
#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>

#include "child.h"
#include "deadline.h"
#include "err.h"

/* The two ends, closed on exec. */
int	packet_pair(int ends[2], struct err *err);

/* child_fork() with such a pair: each side has its own end in *end. */
int	packet_fork(struct child *child, int *end, struct err *err);

/* fd -1: none goes with it. */
int	packet_send(int socket, const void *record, size_t size);
int	packet_send_fd(int socket, const void *record, size_t size, int fd);

/* 0: got it.  -1: the other side is gone, sent something of another size, or
 * the deadline passed.  *fd is -1 where no descriptor came; without fd, one
 * that comes is closed. */
int	packet_receive(int socket, void *record, size_t size,
	    struct deadline d);
int	packet_receive_fd(int socket, void *record, size_t size, int *fd,
	    struct deadline d);

#endif
