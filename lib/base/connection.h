/* connection.h: the client's connection on descriptors 0 and 1: its two
 * ends. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "err.h"

struct address_text {
	/* "-": there is none (a pipe) */
	char	text[INET6_ADDRSTRLEN];
};

struct connection {
	bool			has_address;
	/* an IPv4 address in IPv6 clothes is IPv4 */
	struct sockaddr_storage	local, peer;
	socklen_t		local_len;
	struct address_text	local_text, peer_text;
	/* of the proxy that told these; "": none did */
	struct address_text	proxy_text;
	/* as it was found; -1: it was left in place */
	int			standard_error;
};

/* Looks at 0.  Where 2 is the connection too, as under inetd, it is put aside
 * and /dev/null takes its place, so that nothing but the protocol reaches the
 * client. */
int	connection_open(struct connection *c, struct err *err);

/* Descriptors as they were found, for another program. */
void	connection_restore(const struct connection *c);

/* The other side is on this machine: a loopback address, or a pipe. */
bool	connection_is_local(const struct connection *c);

/* Closes what connection_restore() would need. */
void	connection_forget(struct connection *c);

/* Whether standard error is the socket of a client, who is not to read what is
 * meant for an operator. */
bool	connection_has_standard_error(void);

/* Replies are not to wait for one another's acknowledgement. */
void	connection_no_delay(void);

void	address_to_text(const struct sockaddr_storage *address,
	    struct address_text *out);

/* One network of clients: an IPv4 address, or 64 bits of IPv6. */
struct network {
	unsigned char	bytes[8];
	sa_family_t	family;
};
struct network address_network(const struct sockaddr_storage *address);

/* An IPv4-mapped IPv6 address becomes IPv4. */
socklen_t address_unmap(struct sockaddr_storage *address);

#endif
