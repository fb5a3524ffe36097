/* proxy.h: the PROXY protocol, version 2: whom a proxy in front of us speaks for.
 *
 * A header before the first byte of the connection; version 1, a line of text,
 * is not taken.
 */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "connection.h"
#include "deadline.h"
#include "err.h"
#include "str.h"

enum {
	PROXY_FIRST	= 16,		/* what every header begins with */
	PROXY_MAX	= 4096,		/* a longer header is refused */
};

struct proxy {
	/* false: it speaks for itself, or for somebody without an address */
	bool			has_addresses;
	struct sockaddr_storage	peer, local;
};

/* The length of the whole header, by its first PROXY_FIRST bytes. */
int	proxy_length(const char first[PROXY_FIRST], size_t *length,
	    struct err *err);

/* The whole header. */
int	proxy_parse(struct slice header, struct proxy *out, struct err *err);

/* The connection's peer is a proxy that is believed: reads its header from descriptor 0, in
 * a process that has become nobody, and not a byte more.  Peer and local address
 * become what it says. */
int	proxy_take_header(struct connection *c, struct deadline d,
	    struct err *err);

#endif
