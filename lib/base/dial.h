/* dial.h: connecting to somebody, by a deadline. */
#ifndef DIAL_H
#define DIAL_H

#include <stdint.h>
#include <sys/socket.h>

#include "deadline.h"
#include "err.h"

/* ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT, numbers alone.  ERR_INVALID. */
int	dial_address(const char *text, uint16_t preset_port,
	    struct sockaddr_storage *out, struct err *err);

/* The same address with this port. */
void	dial_set_port(struct sockaddr_storage *address, uint16_t port);

/* Adds nothing: "192.0.2.1:53", "[2001:db8::1]:53". */
enum { DIAL_TEXT = 64 };
void	dial_text(const struct sockaddr_storage *address,
	    char out[static DIAL_TEXT]);

/* A socket of this kind (SOCK_STREAM, SOCK_DGRAM) that is connected and never
 * waits by itself.  errno of a failure tells why. */
int	dial(const struct sockaddr_storage *address, int kind,
	    struct deadline d, int *fd, struct err *err);

/* write() that waits for the deadline at most, until all is gone. */
int	dial_send(int fd, const void *p, size_t len, struct deadline d,
	    struct err *err);

#endif
