/* networks.h: lists of addresses and networks: "192.0.2.1", "2001:db8::/32".
 */
#ifndef NETWORKS_H
#define NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "str.h"

/* Whether the word is one of either. */
bool	networks_can_have(struct slice word);

/* Whether the address is in one of the list; IPv4 in IPv6 clothes is neither:
 * see address_unmap(). */
bool	networks_have(const char *const *list, size_t count,
	    const struct sockaddr_storage *address);

#endif
